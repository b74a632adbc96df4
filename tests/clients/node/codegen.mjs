// A typed client of the documents in `documents/`, made by graphql-codegen from the schema file.
//
// Every scalar is told its type in TypeScript; an unknown one would become `any`, which the
// check looks for. Money and quantities are decimal strings, so no number loses a digit.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codegen } from '@graphql-codegen/core';
import * as typescript from '@graphql-codegen/typescript';
import * as operations from '@graphql-codegen/typescript-operations';
import * as typedDocumentNode from '@graphql-codegen/typed-document-node';
import { buildSchema, isScalarType, isSpecifiedScalarType, parse, validate } from 'graphql';
import { count, equal, finish, holds } from './harness.mjs';

const here = join(import.meta.dirname, '..');
const text = readFileSync(join(here, 'generated', 'schema.graphql'), 'utf8');
const schema = buildSchema(text);
const documents = readdirSync(join(here, 'documents')).map((name) => ({
  location: name,
  document: parse(readFileSync(join(here, 'documents', name), 'utf8')),
}));

const scalars = Object.fromEntries(
  Object.values(schema.getTypeMap())
    .filter((type) => isScalarType(type) && !isSpecifiedScalarType(type))
    .map((type) => [type.name, 'string']),
);
scalars.ID = 'string';
const config = { scalars, strictScalars: true, useTypeImports: true, enumsAsTypes: true, immutableTypes: true };

await holds('documents', 'the documents are valid', async () => {
  const whole = { kind: 'Document', definitions: documents.flatMap((each) => each.document.definitions) };
  equal(validate(schema, whole).map((error) => error.message), [], 'errors');
});

async function generated(filename, plugins, pluginMap) {
  const path = join(here, 'generated', filename);
  const made = await codegen({ filename: path, schema: parse(text), documents, config, plugins, pluginMap });
  writeFileSync(path, made);
  const loose = made.split('\n').filter((line) => /\bany\b/.test(line) && !/^\s*(\/?\*|\/\/)/.test(line));
  equal(loose, [], `\`any\` in ${filename}`);
  return made;
}

await holds('clients generated', 'the client of the documents', async () => {
  const made = await generated(
    'client.ts',
    [{ typescriptOperations: {} }, { typedDocumentNode: {} }],
    { typescriptOperations: operations, typedDocumentNode },
  );
  count('typed operations', made.match(/^export const \w+Document/gm).length);
});

await holds('schemas generated', 'the types of the whole schema', async () => {
  const made = await generated('schema.ts', [{ typescript: {} }], { typescript });
  count('types', made.match(/^export type \w+/gm).length);
});
finish();
