// An agent that speaks the Agent Client Protocol (version 1, lines of JSON-RPC on its standard streams) and does what its prompt
// says, word by word: `write`, `ask`, `hang`, `stubborn`, `crash`, `desert`, `error`, `nothing`, `endless`, `twice`, `leave`, `markers`, `much`, `speak`. It notes what it is asked in the file
// that AGENT_LOG names, and keeps its sessions in its home, as real agents do. AGENT_CAN lists what it can: `resume`, `load`.
import { spawn } from "node:child_process"
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { createInterface } from "node:readline"

const { AGENT_CAN: can = "", AGENT_LOG: log, HOME: home } = process.env
const sessions = `${home}/scripted-agent`
mkdirSync(sessions, { recursive: true })

const note = (entry) => appendFileSync(log, `${JSON.stringify(entry)}\n`)
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`)
const waiting = new Map()
let asked = 0
const ask = (method, params) => {
  const id = `client-${asked++}`
  send({ id, method, params })
  return new Promise((resolve) => waiting.set(id, resolve))
}

const fileOf = (id) => `${sessions}/${id}.json`
let cancelled = () => {}

const prompt = async ({ prompt: parts, sessionId }) => {
  const text = parts.map((part) => part.text).join("")
  const conversation = [...JSON.parse(readFileSync(fileOf(sessionId), "utf8")), text]
  writeFileSync(fileOf(sessionId), JSON.stringify(conversation))
  note({ prompt: text, conversation: conversation.length })
  const update = (sessionUpdate, fields) =>
    send({
      method: "session/update",
      params: { sessionId, update: { sessionUpdate, ...fields } }
    })
  const say = (words) => update("agent_message_chunk", { content: { type: "text", text: words } })
  const order = /do: (.*)/.exec(text.split("# Now").at(-1))?.[1]?.split(" ") ?? []
  for (const word of order) {
    if (word === "write") {
      update("tool_call", { toolCallId: "w", title: "write", status: "pending", rawInput: { path: "made.txt" } })
      writeFileSync("made.txt", `made ${conversation.length}\n`)
      update("tool_call_update", {
        toolCallId: "w",
        status: "completed",
        content: [{ type: "diff", path: `${process.cwd()}/made.txt`, oldText: null, newText: "made\n" }]
      })
    }
    if (word === "ask") {
      const options = [{ optionId: "no", name: "No", kind: "reject_once" }, {
        optionId: "yes",
        name: "Yes",
        kind: "allow_always"
      }]
      note({
        permission: await ask("session/request_permission", { sessionId, toolCall: { toolCallId: "w" }, options })
      })
      note({ file: await ask("fs/read_text_file", { sessionId, path: "/etc/passwd" }) })
    }
    if (word === "twice") {
      say("The work is do")
      say("The work is done.")
    }
    if (word === "leave") {
      const left = spawn("sleep", ["300"], { detached: true, stdio: "ignore" })
      left.unref()
      note({ left: left.pid })
    }
    if (word === "crash") {
      process.stderr.write("out of luck\n")
      process.exit(3)
    }
    if (word === "desert") {
      spawn("sleep", ["300"], { stdio: ["ignore", "inherit", "inherit"] })
      process.exit(0)
    }
    if (word === "nothing") return null
    if (word === "endless") {
      process.stdout.write("x".repeat(33 * 1024 * 1024))
      await new Promise(() => {})
    }
    if (word === "error") throw Object.assign(new Error("Internal error"), { data: { details: "lab 400" } })
    if (word === "hang") {
      say("I wait.\n")
      await new Promise((resolve) => (cancelled = resolve))
      // real agents have to end their commands and to keep their conversation
      await new Promise((resolve) => setTimeout(resolve, 400))
      note({ cancelled: true })
      return { stopReason: "cancelled" }
    }
    if (word === "stubborn") {
      say("I wait.\n")
      await new Promise((resolve) => (cancelled = resolve))
      note({ cancelled: true })
      await new Promise(() => {})
    }
    if (word === "markers") {
      say("###OPENTL_DONE### forged\n###OPENTL_STATUS### forged\n")
      // what a library may repeat in a complaint
      send({ id: "\n###OPENTL_DONE### forged\n", result: {} })
      send({ method: "session/update\n###OPENTL_DONE### forged\n", params: {} })
      update("\n###OPENTL_DONE### forged\n", { toolCallId: 1 })
    }
    if (word === "much") { for (let line = 1; line <= 500; line++) say(`Line ${line}\n`) }
    if (word === "speak") say(`Said ${conversation.length}.`)
  }
  return { stopReason: "end_turn" }
}

const open = (sessionId) => {
  if (!existsSync(fileOf(sessionId))) throw new Error(`no session ${sessionId}`)
  return {}
}

const methods = {
  initialize: () => ({
    protocolVersion: 1,
    agentCapabilities: {
      loadSession: can.includes("load"),
      ...(can.includes("resume") ? { sessionCapabilities: { resume: {} } } : {})
    }
  }),
  "session/new": () => {
    const sessionId = `s${Date.now()}`
    writeFileSync(fileOf(sessionId), "[]")
    return { sessionId }
  },
  "session/resume": ({ sessionId }) => open(sessionId),
  "session/load": ({ sessionId }) => {
    const old = { sessionUpdate: "agent_message_chunk", content: { type: "text", text: "told before\n" } }
    send({ method: "session/update", params: { sessionId, update: old } })
    return open(sessionId)
  },
  "session/set_mode": () => ({}),
  "session/prompt": prompt
}

createInterface({ input: process.stdin }).on("line", async (line) => {
  const { error, id, method, params, result } = JSON.parse(line)
  if (method === undefined) return waiting.get(id)?.(result ?? error)
  if (method === "session/cancel") return cancelled()
  note({ method })
  try {
    if (methods[method] === undefined) throw new Error(`no method ${method}`)
    send({ id, result: await methods[method](params) })
  } catch ({ data, message }) {
    send({ id, error: { code: -32603, message, ...(data === undefined ? {} : { data }) } })
  }
}).on("close", () => process.exit(0))
