// The schema and the clients' documents under graphql-eslint's full sets, `schema-all` and
// `operations-all`. Every rule that is off or loosened says why; none is off for a single place.

import { defineConfig } from 'eslint/config';
import { configs, parser, rules } from '@graphql-eslint/eslint-plugin';

const schema = 'generated/schema.graphql';
const documents = 'documents/*.graphql';
const shared = {
  languageOptions: { parser, parserOptions: { graphQLConfig: { schema, documents } } },
  plugins: { '@graphql-eslint': { rules } },
};

export default defineConfig([
  {
    ...shared,
    files: [schema],
    rules: {
      ...configs['flat/schema-all'].rules,
      ...configs['flat/schema-relay'].rules,

      // Types and fields are sorted as graphql-schema-linter asks; values of enums stand in an
      // order that tells something, and Relay's arguments in Relay's order.
      '@graphql-eslint/alphabetize': 'off',
      // One `input` for each mutation, as the rule says; arguments of queries are their own.
      '@graphql-eslint/input-name': [
        'error',
        { checkInputType: true, caseSensitiveInputType: false, checkMutations: true, checkQueries: false },
      ],
      // All of the rule's conventions but the suffix `Type`: "job type" and "UDR type" are what
      // sellers call these things.
      '@graphql-eslint/naming-convention': [
        'error',
        {
          types: 'PascalCase',
          FieldDefinition: 'camelCase',
          InputValueDefinition: 'camelCase',
          Argument: 'camelCase',
          DirectiveDefinition: 'camelCase',
          EnumValueDefinition: 'UPPER_CASE',
          'FieldDefinition[parent.name.value=Query]': {
            forbiddenPrefixes: ['query', 'get'],
            forbiddenSuffixes: ['Query'],
          },
          'FieldDefinition[parent.name.value=Mutation]': {
            forbiddenPrefixes: ['mutation'],
            forbiddenSuffixes: ['Mutation'],
          },
          EnumTypeDefinition: { forbiddenPrefixes: ['Enum'], forbiddenSuffixes: ['Enum'] },
          InterfaceTypeDefinition: {
            forbiddenPrefixes: ['Interface'],
            forbiddenSuffixes: ['Interface'],
          },
          UnionTypeDefinition: { forbiddenPrefixes: ['Union'], forbiddenSuffixes: ['Union'] },
          ObjectTypeDefinition: { forbiddenPrefixes: ['Type'] },
        },
      ],
      // There is no unused field: the schema is for clients that are written elsewhere.
      '@graphql-eslint/no-unused-fields': 'off',
      // The root of subscriptions cannot bear its usual name, which is a customer's contract here.
      '@graphql-eslint/no-root-type': 'off',
      // Lists that are bounded by what they belong to, such as an invoice's lines, are no pages.
      // Edges whose nodes are records of an object (history) have no id of their own.
      '@graphql-eslint/relay-edge-types': [
        'error',
        { withEdgeSuffix: true, listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false },
      ],
      // Every type, field, argument and value; not the one directive, the specification's @oneOf.
      '@graphql-eslint/require-description': [
        'error',
        {
          types: true,
          rootField: true,
          FieldDefinition: true,
          InputValueDefinition: true,
          EnumValueDefinition: true,
        },
      ],
      // A payload gives the changed object, and whoever wants more asks for it there.
      '@graphql-eslint/require-field-of-type-query-in-mutation-result': 'off',
      // A payload is never null: what may be refused is inside, beside its userErrors.
      '@graphql-eslint/require-nullable-result-in-root': 'off',
      // What has an identity implements Node, which the walks prove; money or an address has none.
      '@graphql-eslint/strict-id-in-types': 'off',
    },
  },
  {
    ...shared,
    files: [documents],
    rules: {
      ...configs['flat/operations-all'].rules,

      // Fields stand in the order in which a page shows them, operations by what they are for.
      '@graphql-eslint/alphabetize': 'off',
      '@graphql-eslint/lone-executable-definition': 'off',
      '@graphql-eslint/match-document-filename': 'off',
      // "Subscription" is what these documents are about, not the kind of operation.
      '@graphql-eslint/naming-convention': [
        'error',
        {
          VariableDefinition: 'camelCase',
          OperationDefinition: {
            style: 'PascalCase',
            forbiddenPrefixes: ['Query', 'Mutation', 'Get'],
            forbiddenSuffixes: ['Query', 'Mutation'],
          },
          FragmentDefinition: {
            style: 'PascalCase',
            forbiddenPrefixes: ['Fragment'],
            forbiddenSuffixes: ['Fragment'],
          },
        },
      ],
      // Fragments name a component's needs, be there one such component or more.
      '@graphql-eslint/no-one-place-fragments': 'off',
      // graphql-codegen and its kind see all files at once.
      '@graphql-eslint/require-import-fragment': 'off',
      '@graphql-eslint/selection-set-depth': ['error', { maxDepth: 6 }],
    },
  },
]);
