/** Says whether two requests are the same: equal as JSON values, whatever the order of their keys. */
import { createHash } from "node:crypto"

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Objects as lists of their sorted entries, arrays marked as such, so that no object looks like an array. */
const canonical = (value: unknown): unknown =>
  Array.isArray(value)
    ? ["array", ...value.map(canonical)]
    : isRecord(value)
    ? ["object", ...Object.keys(value).sort().map((name) => [name, canonical(value[name])])]
    : value

export const fingerprint = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(canonical(value)) ?? "").digest("hex")
