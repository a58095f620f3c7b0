/** Tells values that only stand for a secret (documentation, templates, local databases) from real ones. Pure. */

const words =
  /example|placeholder|changeme|change[-_]me|redacted|(?:^|[-_.=])(?:your|my|fake|test|dummy|mock|sample|some|the|not)(?:[-_]|$)/i

const sequences = [
  "abcdefghijklmnopqrstuvwxyz0123456789abcdef",
  "01234567890123456789",
  "zyxwvutsrqponmlkjihgfedcba",
  "9876543210"
]
  .flatMap((sequence) =>
    Array.from({ length: Math.max(0, sequence.length - 7) }, (_, at) => sequence.slice(at, at + 8))
  )

const hasSequence = (value: string): boolean => {
  const lower = value.toLowerCase()
  return sequences.some((sequence) => lower.includes(sequence))
}

const distinct = (value: string): number => new Set(value).size

/** Whether it may have been generated: no placeholder's words, nothing counted up, nothing repeated. */
export const looksGenerated = (value: string): boolean =>
  !words.test(value) && !/(.)\1{5,}/.test(value) && !hasSequence(value) && distinct(value) >= 10

/** Too short, a number, one character repeated, or one of the words that documentation and local databases use. */
const ordinaryPasswords = [
  /^(?:.{0,5}|\d{1,8}|(.)\1*)$/,
  /example|placeholder|change[-_]?(?:me|it|this)|redacted|your[-_]|xxx|\*\*\*|\.\.\./i,
  /^(?:my|your|some|the|db|user|test|dev|fake|dummy|not|a)?[-_]?(?:pass(?:word|wd|phrase)?|passw0rd|pw|pwd|secret|credentials?|token)[-_!\d]{0,4}$/i,
  /^(?:postgres(?:ql)?|mysql|mongo(?:db)?|redis|rabbitmq|guest|admin|root|user(?:name)?|test(?:ing|er|user)?|dev(?:elop(?:ment|er)?)?|demo|local(?:host|dev)?|docker|default|foo(?:bar)?|foobared|hunter2|app)[-_!\d]{0,4}$/i
]

/** `${NAME}`, `{{name}}`, `<name>`, `%NAME%`, `$NAME`, `%s` */
const template = /[<>{}$]|%[A-Z_]{2,}%|^%[a-z]$/

/** Names without a dot are those of a compose file's services. */
const localHost =
  /^(?:[^.]*|127\.[\d.]+|0\.0\.0\.0|\[?::1\]?|(?:.*\.)?(?:example|test|invalid|local|localhost|example\.(?:com|org|net)|test\.com|domain\.com|host\.com))$/i

const credentials = /:\/\/([^:/\s]*):([^@/\s]*)@([^/:?\s"'`,)]+)/

/** Whether a URL carries a password that opens something: of a host elsewhere, and not an ordinary example. */
export const hasRealPassword = (url: string): boolean => {
  const [, user, password, host] = credentials.exec(url) ?? []
  return password !== undefined && host !== undefined &&
    !template.test(password) && !template.test(user ?? "") && !template.test(host) &&
    password !== user && !ordinaryPasswords.some((ordinary) => ordinary.test(password)) && !hasSequence(password) &&
    !localHost.test(host)
}
