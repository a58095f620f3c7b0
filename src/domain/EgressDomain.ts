/** A domain that a sandbox may reach: `example.com`, `example.com:8443`; `*.` in front of it matches its subdomains. */
const pattern = /^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:\d{1,5})?$/i

/** Names in the DNS are no longer. */
const longest = 253 + "*.".length + ":65535".length

export const isDomain = (text: string): boolean => text.length <= longest && pattern.test(text)
