// What people paste where a key is asked for, and what they write under Headers.

// Returns the key alone: `Bearer` and `Authorization:` before it, as the demo prints them, go.
export function keyWithin(pasted) {
  return pasted
    .trim()
    .replace(/^[{\s]*["']?authorization["']?\s*:\s*/i, "")
    .replace(/^["']?\s*bearer\s+/i, "")
    .replace(/^["']|["'}\s]+$/g, "");
}

// Returns what the JSON under Headers authorises with: "" for nothing, null while it is no JSON.
export function authorizationWithin(headers) {
  if (!headers.trim()) return "";
  try {
    const named = Object.entries(JSON.parse(headers) ?? {});
    const found = named.find(([name]) => name.toLowerCase() === "authorization");
    return found ? String(found[1]) : "";
  } catch {
    return null;
  }
}
