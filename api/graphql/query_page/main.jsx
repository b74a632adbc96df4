// The page at /graphql: GraphiQL with a field for the API key.

import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { createClient } from "graphql-ws";
import { useMemo, useState } from "react";
import { createRoot } from "react-dom/client";
import "graphiql/graphiql.css";
import firstQuery from "./first_query.graphql";
import "./page.css";

const KEY = "forfait.key"; // kept for this tab alone

function fetcherWith(key) {
  const address = new URL(window.location.pathname, window.location.href);
  const socket = new URL(address);
  socket.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const authorization = key ? { authorization: `Bearer ${key}` } : {};
  return createGraphiQLFetcher({
    url: address.href,
    headers: authorization,
    wsClient: createClient({ url: socket.href, connectionParams: authorization, lazy: true }),
  });
}

function Page() {
  const [key, setKey] = useState(sessionStorage.getItem(KEY) ?? "");
  const [draft, setDraft] = useState(key);
  const fetcher = useMemo(() => fetcherWith(key), [key]);

  function use(event) {
    event.preventDefault();
    sessionStorage.setItem(KEY, draft.trim());
    setKey(draft.trim());
  }

  return (
    <>
      <form className="key" onSubmit={use}>
        <strong>Forfait</strong>
        <label>
          API key
          <input
            type="password"
            autoComplete="off"
            spellCheck="false"
            placeholder="fft_…"
            value={draft}
            onChange={(event) => setDraft(event.target.value)}
          />
        </label>
        <button type="submit">Use</button>
        {!key && <span role="status">Without a key nothing is answered, not even the schema.</span>}
      </form>
      <GraphiQL key={key} fetcher={fetcher} defaultQuery={firstQuery} shouldPersistHeaders={false} />
    </>
  );
}

createRoot(document.getElementById("page")).render(<Page />);
