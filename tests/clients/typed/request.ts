// The smallest client that keeps what graphql-codegen knows: a document's result and variables.

import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';

interface Answer<Result> {
  readonly data?: Result | null;
  readonly errors?: readonly { readonly message: string }[];
}

export type Request = <Result, Variables>(
  document: TypedDocumentNode<Result, Variables>,
  variables: Variables,
) => Promise<Result>;

export function client(url: string, authorization: string): Request {
  return async <Result, Variables>(
    document: TypedDocumentNode<Result, Variables>,
    variables: Variables,
  ): Promise<Result> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        accept: 'application/graphql-response+json',
        'content-type': 'application/json',
        authorization,
      },
      body: JSON.stringify({ query: print(document), variables }),
    });
    const answer = (await response.json()) as Answer<Result>;
    const problems = (answer.errors ?? []).map((error) => error.message);
    if (problems.length > 0 || answer.data === null || answer.data === undefined) {
      throw new Error(`${response.status}: ${problems.join('; ')}`);
    }
    return answer.data;
  };
}
