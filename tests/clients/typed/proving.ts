// What the typed checks share: where the product is, and how they tell what they found.

const say = (line: object): boolean => process.stdout.write(`${JSON.stringify(line)}\n`);

const environment = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
};

export const url = environment('FORFAIT_URL');
const keys = JSON.parse(environment('FORFAIT_KEYS')) as Readonly<Record<string, string>>;
export const bearer = `Bearer ${keys['crm360'] ?? ''}`;

export async function holds(what: string, prove: () => Promise<void>): Promise<void> {
  try {
    await prove();
    say({ count: 'typed operations run', number: 1 });
  } catch (error) {
    say({ wrong: `${what}: ${error instanceof Error ? error.message : String(error)}` });
  }
}

export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}
