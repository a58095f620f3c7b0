/**
 * What a server stored of a chat in Telegram before `Posted` had one form for all platforms, byte for byte: of a task whose plan
 * waits, and of the same turn with the agent at work.
 */

const tick = "`"

export const waiting = String
  .raw`{"cursor":6,"view":{"turn":1,"phase":"waiting for approval","round":0,"startedAt":1795707598467,"usage":{"input_tokens":10,"output_tokens":5,"cost_usd":0.01},"lastAction":"","plan":{"title":"Fix it","markdown":"Fix it, as asked.\n\n### Steps\n\n1. do it"},"waiting":true,"proposals":1,"decisions":[],"reviews":[]},"own":{"turn":1,"status":{"id":2},"shown":"{\"markdown\":\"*Fix it*\\nacme/app · ${tick}5d471ecd5388${tick}\\n\\n✋ waiting for approval · 0 s · $0\\\\.01\",\"keyboard\":[[{\"text\":\"⏹ Stop\",\"data\":\"s.1.0.5d471ecd5388\"}]]}","continued":false,"statusGone":false,"plan":{"proposal":1,"pieces":[{"id":3}],"open":true,"isWhole":true},"card":[]}}`

export const working = String
  .raw`{"cursor":10,"view":{"turn":1,"phase":"agent at work","round":1,"startedAt":1795707598467,"usage":{"input_tokens":10,"output_tokens":5,"cost_usd":0.01},"lastAction":"working","plan":{"title":"Fix it","markdown":"Fix it, as asked.\n\n### Steps\n\n1. do it"},"waiting":false,"proposals":1,"decisions":["approved by alice (telegram)"],"reviews":[]},"own":{"turn":1,"status":{"id":2},"shown":"{\"markdown\":\"*Fix it*\\nacme/app · ${tick}5d471ecd5388${tick}\\n\\n⏳ agent at work · 3 s · $0\\\\.01\\n${tick}working${tick}\",\"keyboard\":[[{\"text\":\"⏹ Stop\",\"data\":\"s.1.0.5d471ecd5388\"}]]}","continued":false,"statusGone":false,"plan":{"proposal":1,"pieces":[{"id":3}],"open":false,"isWhole":true},"card":[]}}`
