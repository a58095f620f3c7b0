/**
 * The message of the one commit that contains a turn's work. Its text comes from people, models and agents, and forges
 * act on text in commits: they close issues, mention people, skip checks, and trust trailers. Nothing here triggers any
 * of that. Pure.
 */
import type { SessionId } from "../../domain/Ids.ts"
import * as Plan from "../../domain/Plan.ts"
import * as Requester from "../../domain/Requester.ts"
import type { AppConfigShape } from "../config/AppConfig.ts"
import { title } from "./PullRequestText.ts"

/** The commit's author. */
export const author = { name: "OpenTL", email: "opentl@users.noreply.github.com" } as const

export interface CoAuthor {
  readonly name: string
  readonly login: string
}

/** A login on GitHub, also of an enterprise's users, who have an underscore. */
const isLogin = (text: string): boolean => /^[a-z\d](?:[a-z\d_-]{0,98}[a-z\d])?$/i.test(text)

/**
 * Who asked, as a co-author: a person whose one login on GitHub the operator has named (OPENTL_IDENTITIES). No address is
 * ever guessed from a name.
 */
export const coAuthorOf = (
  identities: AppConfigShape["identities"],
  { name }: Requester.Requester
): CoAuthor | undefined => {
  const [login, ...others] = identities.flatMap((known) =>
    known.via === "github" && known.name === name ? [known.id] : []
  )
  return login === undefined || others.length > 0 || !isLogin(login) ? undefined : { name, login }
}

export interface CommitMessage {
  /** The plan's title, if there is a plan. */
  readonly title: string | undefined
  readonly prompt: string
  readonly sessionId: SessionId
  readonly requestedBy: Requester.Requester
  /** Who asked, if their login at the forge is known. */
  readonly coAuthor?: CoAuthor | undefined
  /** The messages of the agent's own commits, oldest first. */
  readonly agentMessages: ReadonlyArray<string>
}

/** The most lines quoted from the agent's messages, and their length in characters. */
const mostLines = 60
const longestLine = 160
/** The most characters read of each message. */
const mostCharacters = 16_384

/** Characters that control a terminal, or reverse or hide the text around them. */
const steering =
  /[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu

/**
 * Makes a text that no forge acts on: a space breaks what would mention somebody (`@name`), refer to something (`#2`,
 * `GH-2`, `!2`, an issue's URL) or close it, and round instead of square brackets disable `[skip ci]`.
 */
export const inert = (text: string): string =>
  text
    .replace(/\r\n?/g, "\n")
    .replace(steering, (character) => /\s/.test(character) ? " " : "")
    .replace(/@(?=[\p{L}\p{N}_-])/gu, "@ ")
    .replace(/([#!])(?=[\p{L}\p{N}_])/gu, "$1 ")
    .replace(/\b(GH-)(?=\d)/gi, "$1 ")
    .replace(/:\/\/(?=\S)/g, ":// ")
    .replace(/\[/g, "(")
    .replace(/\]/g, ")")
    .replace(/\*{3}/g, "* * *")

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim()

const subject = (message: CommitMessage): string => Plan.subject(oneLine(inert(title(message.title, message.prompt))))

const cut = (line: string): string => {
  const points = Array.from(line)
  return points.length <= longestLine ? line : `${points.slice(0, longestLine - 1).join("")}…`
}

/** Drops the message of the entrypoint's own commit, which only repeats ours. */
const quoted = (messages: ReadonlyArray<string>, ours: string): ReadonlyArray<string> => {
  const theirs = messages.filter((text) => text.trim() !== ours.trim()).flatMap((text, i) => [
    ...(i === 0 ? [] : [""]),
    ...inert(text.slice(0, mostCharacters)).trim().split("\n")
  ])
  const lines = theirs.slice(0, mostLines).map((line) => `> ${cut(line)}`.trimEnd())
  return theirs.length > mostLines ? [...lines, "> …"] : lines
}

/** GitHub's address for a login. In the name, only the characters of a name: an angle bracket would begin an address. */
const coAuthored = ({ login, name }: CoAuthor): string =>
  `Co-authored-by: ${oneLine(inert(name).replace(/[<>"\\]/g, "")) || login} <${login}@users.noreply.github.com>\n`

/** The last paragraph of each commit of a session. */
export const trailers = ({ coAuthor, requestedBy, sessionId }: CommitMessage): string =>
  `Session: ${sessionId}\nRequested-by: ${oneLine(inert(Requester.show(requestedBy)))}\n` +
  (coAuthor === undefined ? "" : coAuthored(coAuthor))

/** The subject, the agent's messages as a quotation if there are any, and the trailers. */
export const commitMessage = (message: CommitMessage): string => {
  const ours = `${subject(message)}\n\n${trailers(message)}`
  const quotation = quoted(message.agentMessages, ours)
  return quotation.length === 0
    ? ours
    : `${subject(message)}\n\nThe agent's own words:\n\n${quotation.join("\n")}\n\n${trailers(message)}`
}
