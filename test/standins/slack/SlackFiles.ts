/** The methods of Slack's Web API about files: a place to upload to, the upload, and its sharing. */
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import { messagePosted } from "./SlackEvents.ts"
import { arrayAt, isJsonObject, numberAt, stringAt } from "./SlackJson.ts"
import { done, type Method, refuse, require, required, threadArgument, writableChannel } from "./SlackMethod.ts"
import { botUserId, newMessage, nextId, nextTs, type SlackFile, type SlackState } from "./SlackState.ts"
import { fileWire } from "./SlackWire.ts"

/** 1 GiB, as for a person's upload. */
const maxLength = 1_073_741_824

const getUploadUrl: Method = (state, call) =>
  Either.gen(function*() {
    const name = yield* required(call.args, "filename")
    const length = numberAt(call.args, "length")
    if (length === undefined || !Number.isInteger(length)) {
      return yield* refuse("invalid_arguments", ["missing required field: length"])
    }
    yield* require(length > 0, "invalid_arguments", ["must be greater than 1 [json-pointer:/length]"])
    yield* require(length <= maxLength, "file_upload_size_restricted")
    const [id, next] = nextId(state, "F")
    const file: SlackFile = {
      channel: undefined,
      content: undefined,
      id,
      length,
      name,
      threadTs: undefined,
      title: name
    }
    return done({ ...next, files: [...next.files, file] }, {
      file_id: id,
      upload_url: `${call.origin}/upload/v1/${id}`
    })
  })

/** The bytes sent to an upload URL; undefined when the URL is unknown, was used, or the length is not as announced. */
export const uploaded = (state: SlackState, id: string, content: Uint8Array): SlackState | undefined => {
  const file = state.files.find((each) => each.id === id)
  return file === undefined || file.content !== undefined || file.length !== content.byteLength
    ? undefined
    : { ...state, files: state.files.map((each) => each.id === id ? { ...each, content } : each) }
}

const completeUpload: Method = (state, call) =>
  Either.gen(function*() {
    const items = arrayAt(call.args, "files")
    yield* require(items.length > 0, "invalid_arguments", ["missing required field: files"])
    const foreign = items.flatMap((item, index) =>
      isJsonObject(item)
        ? Object.keys(item)
          .filter((key) => !["highlight_type", "id", "title"].includes(key))
          .map((key) => `invalid additional property: ${key} [json-pointer:/files/${index}]`)
        : [`must provide an object [json-pointer:/files/${index}]`]
    )
    yield* require(foreign.length === 0, "invalid_arguments", foreign)
    const ids = items.map((item) => stringAt(item, "id")).filter(Predicate.isString)
    const ready = ids.filter((id) =>
      state.files.some((file) => file.id === id && file.content !== undefined && file.channel === undefined)
    )
    yield* require(ready.length === items.length, "file_not_found")
    const titleOf = (id: string) => stringAt(items.find((item) => stringAt(item, "id") === id), "title")
    const titled = state.files.map((file) =>
      ids.includes(file.id) ? { ...file, title: titleOf(file.id) ?? file.name } : file
    )
    if (stringAt(call.args, "channel_id") === undefined) {
      const kept = { ...state, files: titled }
      return done(kept, { files: ids.flatMap((id) => fileWire(kept, id)) })
    }
    const channel = yield* writableChannel(state, call.args, "channel_id")
    const threadTs = yield* threadArgument(state, channel, call.args)
    const [ts, next] = nextTs(state, call.now)
    const text = stringAt(call.args, "initial_comment") ?? ""
    const message = newMessage({ channel: channel.id, files: ids, text, threadTs, ts, user: botUserId })
    const shared = {
      ...next,
      files: titled.map((file) => ids.includes(file.id) ? { ...file, channel: channel.id, threadTs } : file),
      messages: [...next.messages, message]
    }
    return done(shared, { files: ids.flatMap((id) => fileWire(shared, id)) }, [messagePosted(shared, message)])
  })

export const fileMethods: Readonly<Record<string, Method>> = {
  "files.completeUploadExternal": completeUpload,
  "files.getUploadURLExternal": getUploadUrl
}
