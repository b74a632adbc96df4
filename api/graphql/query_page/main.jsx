// The page at /graphql: GraphiQL with a field for the API key.

import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { createClient } from "graphql-ws";
import { useMemo, useRef, useState } from "react";
import { createRoot } from "react-dom/client";
import "graphiql/graphiql.css";
import { authorizationWithin, keyWithin } from "./api_key.mjs";
import firstQuery from "./first_query.graphql";
import "./page.css";

const KEY = "forfait.key"; // kept for this tab alone
const TYPED_MS = 600; // without a keystroke: then what is under Headers is asked with

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
  const [written, setWritten] = useState("");
  const typing = useRef();
  // GraphiQL fetches the schema anew, with its Headers, whenever the fetcher is another one.
  const fetcher = useMemo(() => fetcherWith(key), [key, written]);

  function use(event) {
    event.preventDefault();
    const given = keyWithin(draft);
    sessionStorage.setItem(KEY, given);
    setDraft(given);
    setKey(given);
  }

  function editHeaders(text) {
    clearTimeout(typing.current);
    const found = authorizationWithin(text);
    if (found !== null) typing.current = setTimeout(() => setWritten(found), TYPED_MS);
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
      <GraphiQL
        key={key}
        fetcher={fetcher}
        defaultQuery={firstQuery}
        onEditHeaders={editHeaders}
        shouldPersistHeaders={false}
      />
    </>
  );
}

createRoot(document.getElementById("page")).render(<Page />);
