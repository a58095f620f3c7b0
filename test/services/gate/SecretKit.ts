/**
 * Secrets that have the shape of real ones, made when a test runs, so that nothing in this repository has that shape. They
 * are the same in every run.
 */
import * as Crypto from "node:crypto"

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
const alphabets = {
  hex: "0123456789abcdef",
  digits: "0123456789",
  upper: "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
  letters,
  mixed: `${letters}0123456789`
}

/** Characters without an order. The seed makes different ones. */
export const random = (alphabet: keyof typeof alphabets, length: number, seed = ""): string => {
  const characters = alphabets[alphabet]
  let text = ""
  for (let block = 0; text.length < length; block++) {
    const bytes = Crypto.createHash("sha256").update(`${alphabet} ${seed} ${block}`).digest()
    for (const byte of bytes) text += characters[byte % characters.length] ?? ""
  }
  return text.slice(0, length)
}

const mixed = (length: number, seed?: string) => random("mixed", length, seed)
const digits = (length: number) => random("digits", length)

/** Joins pieces, so that the whole does not occur in the source. */
export const from = (...parts: ReadonlyArray<string>): string => parts.join("")

export const github = (seed?: string) => from("gh", "p_", mixed(36, seed))

/** One of every kind, by the rule that finds it. */
export const tokens: ReadonlyArray<readonly [rule: string, text: string]> = [
  ["aws", from("AK", "IA", random("upper", 16))],
  ["aws", from("aws_secret_", "access_key = ", mixed(40))],
  ["aws", from("secretAccess", "Key: \"", mixed(39), "/\"")],
  ["github", github()],
  ...["o", "u", "s", "r"].map((kind) => ["github", from("gh", kind, "_", mixed(36))] as const),
  ["github", from("github_", "pat_", mixed(22), "_", mixed(59))],
  ["gitlab", from("gl", "pat-", mixed(20))],
  ["gitlab", from("gl", "rt-", mixed(20))],
  ["slack", from("xo", "xb-", digits(12), "-", digits(13), "-", mixed(24))],
  ["slack", from("xa", "pp-1-A", mixed(10), "-", digits(13), "-", random("hex", 64))],
  ["slack", from("https://hooks.", "slack.com/services/T", mixed(8), "/B", mixed(10), "/", mixed(24))],
  ["npm", from("np", "m_", mixed(36))],
  ["npm", from("//registry.npmjs.org/:_auth", "Token=", random("hex", 8), "-0a1b-4c2d-8e3f-", random("hex", 12))],
  ["anthropic", from("sk-", "ant-api03-", mixed(93), "AA")],
  ["anthropic", from("sk-", "ant-oat01-", mixed(80))],
  ["openai", from("sk-", mixed(20), "T3Blbk", "FJ", mixed(20))],
  ["openai", from("sk-", "proj-", mixed(48))],
  ["openai", from("sk-", mixed(48))],
  ["openrouter", from("sk-", "or-v1-", random("hex", 64))],
  ["google", from("AI", "za", mixed(35))],
  ["stripe", from("sk_", "live_", mixed(24))],
  ["stripe", from("rk_", "live_", mixed(99))],
  ["telegram", from(digits(10), ":A", "A", mixed(33))],
  ["sendgrid", from("S", "G.", mixed(22), ".", mixed(43))],
  ["azure", from("DefaultEndpointsProtocol=https;Account", "Key=", mixed(86), "==;EndpointSuffix=x")],
  ["azure", from(mixed(3), "8Q", "~", mixed(34))],
  ["database-connection-string", from("postgres", "://app:", mixed(16), "@db.acme.io:5432/app")],
  ["database-connection-string", from("postgresql+psycopg2", "://app:", mixed(16), "@10.1.2.3/app")],
  ["database-connection-string", from("postgres", "://app:", mixed(16), "@db.internal/app")],
  ["database-connection-string", from("mysql", "://root:", "SuperSecret123", "@db.prod.acme.io/app")],
  ["database-connection-string", from("amqps", "://app:", "correct-horse-battery", "@mq.acme.io/")],
  ["database-connection-string", from("mongodb+srv", "://app:", mixed(16), "@cluster0.acme.mongodb.net/app")],
  ["database-connection-string", from("redis", "://:", mixed(16), "@cache.acme.io:6379")],
  ["basicauth", from("https", "://deploy:", mixed(16), "@git.acme.io/app.git")],
  ["digitalocean", from("do", "p_v1_", random("hex", 64))],
  ["huggingface", from("h", "f_", random("letters", 34))],
  ["pypi", from("py", "pi-AgE", mixed(100))]
]

/** Base 64 in lines of 64 characters. */
const body = (length: number) => (mixed(length, "key").match(/.{1,64}/g) ?? []).join("\n")

const armour = (kind: string, content: string) => `-----${"BEGIN"} ${kind}-----\n${content}\n-----${"END"} ${kind}-----`

export const privateKeys: ReadonlyArray<readonly [name: string, text: string]> = [
  ["PKCS 8", armour("PRIVATE KEY", `MII${body(1600)}`)],
  ["RSA", armour("RSA PRIVATE KEY", `MII${body(1600)}`)],
  [
    "RSA with a passphrase",
    armour("RSA PRIVATE KEY", `Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,${random("hex", 32)}\n\n${body(1600)}`)
  ],
  ["encrypted", armour("ENCRYPTED PRIVATE KEY", `MII${body(1700)}`)],
  ["EC", armour("EC PRIVATE KEY", `MHc${body(160)}`)],
  ["Ed25519", armour("PRIVATE KEY", `MC4CAQAwBQYDK2VwBCIEI${mixed(43)}`)],
  ["OPENSSH", armour("OPENSSH PRIVATE KEY", `b3BlbnNzaC1rZXktdjE${body(340)}`)],
  ["PGP", armour("PGP PRIVATE KEY BLOCK", `Version: GnuPG v2\n\n${body(2000)}\n=${mixed(4)}`)],
  ["in a service account's JSON", JSON.stringify({ private_key: armour("PRIVATE KEY", `MII${body(1600)}`) })],
  ["as a program's strings", armour("PRIVATE KEY", `MII${body(1600)}`).replace(/^(.*)$/gm, "  \"$1\\n\" +")],
  ["indented", armour("RSA PRIVATE KEY", `MII${body(1600)}`).replace(/^/gm, "    ")],
  ["without its end", armour("RSA PRIVATE KEY", `MII${body(1600)}`).replace(/\n.*$/, "")]
]
