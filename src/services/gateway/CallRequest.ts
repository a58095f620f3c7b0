/**
 * Reads from the body of a model call what it may cost, while the body passes through. Pure except for the scanner's
 * state.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as TokenEstimate from "../model/TokenEstimate.ts"
import * as Json from "../support/Json.ts"
import { type Interest, options } from "./JsonInterest.ts"
import { JsonScanner } from "./JsonScanner.ts"
import type { Dialect } from "./UsageDialects.ts"

const kept = (...names: ReadonlyArray<string>): Readonly<Record<string, Interest>> =>
  Object.fromEntries(names.map((name) => [name, { keep: name }]))

const tools = { items: { fields: { type: { keep: "tool" } } } }

/** The fields that limit the output. */
const limits: Readonly<Record<Dialect, ReadonlyArray<string>>> = {
  anthropic: ["max_tokens"],
  "openai-chat": ["max_completion_tokens", "max_tokens"],
  "openai-responses": ["max_output_tokens"],
  gemini: ["max_output_tokens"]
}

/** Fields that refer to something of unknown size: a stored conversation, a template, a file. */
const references: Readonly<Record<Dialect, ReadonlyArray<string>>> = {
  anthropic: ["container"],
  "openai-chat": [],
  "openai-responses": ["conversation", "previous_response_id"],
  gemini: ["cachedcontent", "cached_content", "filedata", "file_data"]
}
const referenceKeys = ["file_id", "file_url", "url"]

/** Fields that are billed other than by the listed token prices, with their harmless values. */
const billedOtherwise: Readonly<Record<Dialect, Readonly<Record<string, ReadonlyArray<unknown>>>>> = {
  anthropic: {
    service_tier: [null, "auto", "standard_only"],
    speed: [null, "standard"],
    inference_geo: [null, "global"]
  },
  "openai-chat": {
    service_tier: [null, "auto", "default", "flex"],
    audio: [null],
    web_search_options: [null]
  },
  "openai-responses": {
    service_tier: [null, "auto", "default", "flex"],
    background: [null, false],
    prompt: [null]
  },
  gemini: {
    servicetier: [null, "unspecified", "standard", "flex"],
    service_tier: [null, "unspecified", "standard", "flex"]
  }
}

/** Keys of the same kind, wherever they are. */
const ofOpenAi = ["input_audio"]
const billedKeys: Readonly<Record<Dialect, ReadonlyArray<string>>> = {
  anthropic: ofOpenAi,
  "openai-chat": ofOpenAi,
  "openai-responses": ofOpenAi,
  gemini: ["speechconfig", "speech_config", "responsemodalities", "response_modalities"]
}

/** Tools that run at the client. Tools that the provider runs are billed in addition to tokens. */
const clientTools =
  /^(?:apply_patch|computer|computer_use_preview|custom|function|local_shell|mcp|namespace|tool_search|(?:bash|computer|memory|text_editor|tool_search_tool_\w+)_\d{8})$/

/** Of Gemini's kinds of tools, the one that runs at the client. */
const geminiClientTools = /^function_?declarations$/

/** What describes a tool, wherever a dialect puts its tools. */
const toolKeys = ["input_schema", "parameters", "parametersjsonschema", "parameters_json_schema"]

const mime: Interest = { fields: { mimetype: { keep: "mime" }, mime_type: { keep: "mime" } } }
const part: Interest = { fields: { inlinedata: mime, inline_data: mime, filedata: mime, file_data: mime } }
const configuration: Interest = {
  fields: {
    maxoutputtokens: { keep: "max_output_tokens" },
    max_output_tokens: { keep: "max_output_tokens" },
    candidatecount: { keep: "n" },
    candidate_count: { keep: "n" }
  }
}

/** Gemini has the model in its address, and takes fields in two spellings. */
const geminiFields: Readonly<Record<string, Interest>> = {
  ...kept(...Object.keys(billedOtherwise.gemini)),
  contents: { items: { fields: { parts: { items: part } } } },
  generationconfig: configuration,
  generation_config: configuration,
  tools: { keys: "tool", items: { keys: "tool" } }
}

const fieldsOf = (dialect: Dialect): Readonly<Record<string, Interest>> => ({
  ...kept(
    "model",
    "stream",
    ...(dialect === "openai-chat" ? ["n", "stream_options"] : []),
    ...limits[dialect],
    ...Object.keys(billedOtherwise[dialect])
  ),
  tools
})

const optionsOf = (dialect: Dialect) =>
  options({ fields: dialect === "gemini" ? geminiFields : fieldsOf(dialect) }, [
    ...referenceKeys,
    ...billedKeys[dialect],
    ...toolKeys,
    ...references[dialect]
  ])

const lookFor = {
  anthropic: optionsOf("anthropic"),
  "openai-chat": optionsOf("openai-chat"),
  "openai-responses": optionsOf("openai-responses"),
  gemini: optionsOf("gemini")
}

/** What a call's address says of it. */
export interface Address {
  readonly dialect: Dialect
  /** The model, where the address names it: the body does not, then. */
  readonly model?: string | undefined
}

/** A scanner for a call's body. */
export const scanner = (dialect: Dialect): JsonScanner => new JsonScanner(lookFor[dialect])

export interface CallRequest {
  readonly dialect: Dialect
  /** The body's size. */
  readonly bytes: number
  readonly model: string | undefined
  readonly isStream: boolean
  /** The most tokens that the reply may have. */
  readonly maxOutput: number
  readonly hasReferences: boolean
  /** Whether it offers tools. */
  readonly hasTools: boolean
  /** Why the call is not allowed under a budget, as a sentence. */
  readonly uncountable: string | undefined
}

/** More than any model writes, and small enough for arithmetic. */
const mostOutput = 1e9

const decodeValue = Schema.decodeOption(Json.Unknown)
const isString = Schema.is(Schema.String)
const isAmount = Schema.is(Schema.Finite.pipe(Schema.greaterThanOrEqualTo(1)))

const faults: Readonly<Record<NonNullable<JsonScanner["fault"]>, string>> = {
  invalid: "The request's body is not JSON.",
  deep: "The request's body is nested too deep.",
  repeated: "The request's body names a field twice.",
  large: "A field of the request's body is too large."
}

const uncountable = (
  { dialect, model }: Address,
  scan: JsonScanner,
  field: (name: string) => unknown
): string | undefined => {
  if (scan.fault !== undefined) return faults[scan.fault]
  if (model === undefined && !isString(field("model"))) return "The request names no model."
  const billed =
    Object.entries(billedOtherwise[dialect]).find(([name, harmless]) =>
      scan.kept.values.has(name) && !harmless.includes(field(name))
    )?.[0] ?? billedKeys[dialect].find((name) => scan.noted.has(name))
  if (billed !== undefined) {
    return `This session has a budget, and what "${billed}" costs cannot be counted: leave it out.`
  }
  const valuesOf = (name: string) =>
    [...scan.kept.values.get(name) ?? []].map((raw) => Option.getOrElse(decodeValue(raw), () => raw))
  if (valuesOf("mime").some((type) => !isString(type) || /^\s*audio/i.test(type))) {
    return "This session has a budget, and what audio costs cannot be counted: leave it out."
  }
  const isClients = dialect === "gemini" ? geminiClientTools : clientTools
  const tool = valuesOf("tool").find((type) => type !== null && !(isString(type) && isClients.test(type)))
  return tool === undefined
    ? undefined
    : `This session has a budget, and what the provider bills for the tool "${tool}" cannot be counted: leave it out.`
}

/** Evaluates what the scanner found in a complete body. */
export const read = (address: Address, scan: JsonScanner): CallRequest => {
  const { dialect } = address
  const valuesOf = (name: string): ReadonlyArray<unknown> =>
    [...scan.kept.values.get(name) ?? []].flatMap((raw) => Option.toArray(decodeValue(raw)))
  const field = (name: string): unknown => valuesOf(name).at(-1)
  const amounts = limits[dialect].flatMap(valuesOf).filter(isAmount)
  const outputs = valuesOf("n").filter(isAmount)
  const model = address.model ?? field("model")
  return {
    dialect,
    bytes: scan.size,
    model: isString(model) ? model : undefined,
    isStream: field("stream") === true,
    maxOutput: Math.ceil(Math.min(
      (amounts.length === 0 ? TokenEstimate.defaultMaxOutput : Math.max(...amounts)) *
        Math.max(1, ...outputs),
      mostOutput
    )),
    hasReferences: [...referenceKeys, ...references[dialect]].some((key) => scan.noted.has(key)),
    hasTools: toolKeys.some((key) => scan.noted.has(key)),
    uncountable: uncountable(address, scan, field)
  }
}

/** The most tokens that a call can use. */
export const atMost = ({ bytes, hasReferences, maxOutput }: CallRequest) => ({
  input: TokenEstimate.inputAtMost(bytes, hasReferences),
  output: maxOutput
})

const encoder = new TextEncoder()

/** A change to a body: these bytes replace those between two positions. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly bytes: Uint8Array
}

const StreamOptions = Json.parse(Schema.Record({ key: Schema.String, value: Schema.Unknown }))

/**
 * Chat Completions report usage in a stream only on request. Under a budget it is requested, because hidden reasoning cannot
 * be counted from the text; the caller then gets an additional chunk without choices. `undefined` if the body needs no
 * change: most clients request it themselves.
 */
export const askForUsage = (call: CallRequest, scan: JsonScanner): Edit | undefined => {
  if (call.dialect !== "openai-chat" || !call.isStream || scan.fault !== undefined) return undefined
  const given: Readonly<Record<string, unknown>> = Option.getOrElse(
    Option.flatMap(
      Option.fromNullable([...scan.kept.values.get("stream_options") ?? []][0]),
      Schema.decodeOption(StreamOptions)
    ),
    () => ({})
  )
  if (given["include_usage"] === true) return undefined
  const json = Schema.encodeSync(StreamOptions)({ ...given, include_usage: true })
  const span = scan.kept.spans.get("stream_options")
  if (span !== undefined) return { ...span, bytes: encoder.encode(json) }
  const brace = scan.opening + 1
  return { start: brace, end: brace, bytes: encoder.encode(`"stream_options":${json},`) }
}
