/**
 * Tokens of known services that the rules of secretlint 12 do not know, or know in fewer shapes. Each has a part that
 * occurs in hardly any other text, so that most patterns need not be tried. Pure.
 */
import type { Match } from "./Match.ts"
import * as Placeholders from "./Placeholders.ts"

interface TokenPattern {
  readonly rule: string
  /** One of these occurs in every token of this kind. */
  readonly hints: ReadonlyArray<string>
  /** Global. Every repetition is limited, so that no text takes long. A first group is the token, else all of it. */
  readonly pattern: RegExp
  readonly isReal?: (value: string) => boolean
}

const hasAll = (value: string): boolean =>
  /[a-z]/.test(value) && /[A-Z]/.test(value) && /\d/.test(value) && Placeholders.looksGenerated(value)

const patterns: ReadonlyArray<TokenPattern> = [
  { rule: "aws", hints: ["AKIA", "ASIA"], pattern: /(?<![A-Za-z0-9/+])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9/+])/g },
  {
    rule: "aws",
    hints: ["ecret"],
    pattern:
      /(?:aws_?secret|secret_?access)[a-z_]{0,12}["']?[ \t]{0,8}(?:=>|:=|[:=])[ \t]{0,8}["']?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/gi
  },
  {
    rule: "npm",
    hints: ["_auth"],
    pattern: /_auth(?:Token)?[ \t]{0,8}=[ \t]{0,8}["']?([A-Za-z0-9+/=_.-]{20,200})/g,
    isReal: (value) => /\d/.test(value) && Placeholders.looksGenerated(value)
  },
  {
    rule: "github",
    hints: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
    pattern: /(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9_]{36,255}|github_pat_[A-Za-z0-9_]{60,255})/g
  },
  {
    rule: "gitlab",
    hints: ["gl"],
    pattern:
      /(?<![A-Za-z0-9])(?:glpat|glptt|gldt|glrt|glcbt|glft|glsoat|glagent|glimt|gloas|glffct)-[A-Za-z0-9_.-]{20,200}/g
  },
  {
    rule: "anthropic",
    hints: ["sk-ant-"],
    pattern: /(?<![A-Za-z0-9])sk-ant-[a-z]{3,8}\d{2}-[A-Za-z0-9_-]{60,200}/g
  },
  {
    rule: "openai",
    hints: ["sk-"],
    pattern:
      /(?<![A-Za-z0-9_-])(?:sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{40,200}|sk-[A-Za-z0-9]{40,64}(?![A-Za-z0-9_-]))/g,
    isReal: hasAll
  },
  { rule: "openrouter", hints: ["sk-or-"], pattern: /(?<![A-Za-z0-9])sk-or-v1-[0-9a-f]{64}/g },
  {
    rule: "google",
    hints: ["AIza", "GOCSPX-", "ya29."],
    pattern:
      /(?<![A-Za-z0-9])(?:AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])|GOCSPX-[A-Za-z0-9_-]{28}|ya29\.[A-Za-z0-9_-]{60,500})/g
  },
  {
    rule: "stripe",
    hints: ["k_live_", "whsec_"],
    pattern: /(?<![A-Za-z0-9])(?:[sr]k_live_[A-Za-z0-9]{20,250}|whsec_[A-Za-z0-9+/]{32,80})/g
  },
  {
    rule: "telegram",
    hints: [":AA"],
    pattern: /(?<![A-Za-z0-9])\d{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])/g
  },
  {
    rule: "slack",
    hints: ["xoxe", "xoxs-", "xoxc-"],
    pattern: /(?<![A-Za-z0-9])xox(?:e(?:\.xox[bp])?|s|c)-\d{1,2}-[A-Za-z0-9-]{20,300}/g
  },
  {
    rule: "azure",
    hints: ["AccountKey=", "SharedAccessKey=", "Q~", "AZDO"],
    pattern:
      /AccountKey=[A-Za-z0-9+/]{86}==|SharedAccessKey=[A-Za-z0-9+/]{43}=|(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}(?![A-Za-z0-9_~.-])|(?<![A-Za-z0-9])[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}(?![A-Za-z0-9])/g
  },
  { rule: "digitalocean", hints: ["do"], pattern: /(?<![A-Za-z0-9])do[opr]_v1_[a-f0-9]{64}/g },
  { rule: "pypi", hints: ["pypi-AgE"], pattern: /(?<![A-Za-z0-9])pypi-AgE[A-Za-z0-9_-]{50,300}/g },
  { rule: "atlassian", hints: ["ATATT3"], pattern: /(?<![A-Za-z0-9])ATATT3[A-Za-z0-9_=-]{100,300}/g },
  { rule: "age", hints: ["AGE-SECRET-KEY-"], pattern: /AGE-SECRET-KEY-1[A-Z0-9]{58}/g },
  {
    rule: "discord-webhook",
    hints: ["/api/webhooks/"],
    pattern: /discord(?:app)?\.com\/api\/webhooks\/\d{17,20}\/[A-Za-z0-9_-]{60,80}/g
  },
  {
    rule: "database-connection-string",
    hints: ["://"],
    pattern:
      /(?:postgres(?:ql)?|mysql|mariadb|mongodb|rediss?|amqps?|mssql|sqlserver|clickhouse|cockroachdb)(?:\+[a-z0-9_]{1,20})?:\/\/[^\s:@/"'`<>]{0,100}:[^\s@/"'`<>]{1,200}@[^\s/:?"'`<>,)]{1,200}/gi,
    isReal: Placeholders.hasRealPassword
  }
]

export const find = (text: string): ReadonlyArray<Match> =>
  patterns.flatMap(({ hints, isReal = Placeholders.looksGenerated, pattern, rule }) =>
    hints.some((hint) => text.includes(hint))
      ? [...text.matchAll(pattern)].flatMap((match) =>
        isReal(match[1] ?? match[0]) ? [{ rule, start: match.index, end: match.index + match[0].length }] : []
      )
      : []
  )
