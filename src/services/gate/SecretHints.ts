/**
 * What tells that a text may hold a secret, quickly: beginnings that every secret of a rule has. An agent prints hundreds
 * of thousands of lines, and the rules themselves are slow. Pure.
 */
import { looksGenerated } from "./Placeholders.ts"

/** The beginnings of tokens, by the rule that finds the whole ones. */
const beginnings: ReadonlyArray<readonly [rule: string, pattern: string]> = [
  ["aws", "A[KS]IA[A-Z0-9]"],
  ["github", "gh[pousr]_|github_pat_"],
  ["gitlab", "gl(?:pat|ptt|dt|rt|cbt|ft|soat|agent|imt|oas|ffct)-"],
  ["openai", "sk-(?:(?:ant|proj|svcacct|admin|or)-|[A-Za-z0-9]{20})"],
  ["google", "AIza|GOCSPX-|ya29\\."],
  ["stripe", "k_live_|whsec_"],
  ["telegram", "\\d:AA"],
  ["slack", "xox[a-z][-.]|xapp-"],
  ["azure", "AccountKey=|SharedAccessKey=|\\dQ~|AZDO"],
  ["digitalocean", "do[opr]_v1_"],
  ["pypi", "pypi-AgE"],
  ["atlassian", "ATATT3"],
  ["age", "AGE-SECRET-KEY-"],
  ["npm", "npm_[A-Za-z0-9]"],
  ["groq", "gsk_"],
  ["huggingface", "hf_[A-Za-z]"],
  ["linear", "lin_api_"],
  ["notion", "ntn_"],
  ["sendgrid", "SG\\.\\w"],
  ["shopify", "shp(?:pa|ca|at|ss)_"],
  ["grafana", "glc_|glsa_"],
  ["1password", "ops_ey"],
  ["vercel", "vc[piark]_"],
  ["databricks", "dapi[A-Fa-f0-9]"],
  ["docker", "dckr_pat_"],
  ["figma", "figd_"]
]

/** What the other secrets have, which are not one word: keys, and addresses with a password. */
const others = [
  "PRIVATE KEY",
  "(?:[aA][wW][sS]_?[sS][eE][cC]|[sS][eE][cC][rR][eE][tT]_?[aA][cC][cC])",
  "_auth(?:Token)?[ \\t]{0,8}=",
  "/api/webhooks/\\d",
  "hooks\\.slack\\.com/",
  "://[^\\s/@]{0,512}@"
]

/** Enough of a secret of the server's own to ask for the rest. */
export const leastOwn = 8

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")

/** Whether the text may hold a secret: `own` are the server's. What may hold none does hold none. */
export const make = (own: ReadonlyArray<string>): (text: string) => boolean => {
  const any = new RegExp([
    ...beginnings.map(([, pattern]) => pattern),
    ...others,
    ...own.map((value) => escaped(value.slice(0, leastOwn)))
  ].join("|"))
  return (text) => any.test(text)
}

/** So much of a token, after its beginning, that is not by chance. */
const leastCut = 8

const cuts = beginnings.map(([rule, pattern]) => ({
  rule,
  pattern: new RegExp(`(?:${pattern})[A-Za-z0-9+/_.-]{${leastCut},400}$`)
}))

const isMixed = (text: string): boolean =>
  (/\d/.test(text) && /[A-Za-z]/.test(text)) || (/[a-z]/.test(text) && /[A-Z]/.test(text))

/** The beginning of a secret at the end of a text, as of one that goes on in the next line. */
export const cutAtEnd = (
  text: string,
  own: ReadonlyArray<string>
): { readonly rule: string; readonly start: number } | undefined => {
  for (const { pattern, rule } of cuts) {
    const match = pattern.exec(text)
    if (match !== null && !match[0].includes("..") && looksGenerated(match[0]) && isMixed(match[0].slice(-leastCut))) {
      return { rule, start: match.index }
    }
  }
  for (const value of own) {
    for (let length = Math.min(value.length, text.length); length >= leastOwn; length--) {
      if (text.endsWith(value.slice(0, length))) return { rule: "opentl-own-secret", start: text.length - length }
    }
  }
  return undefined
}
