/**
 * A third platform, in memory: what it takes to show sessions somewhere else. It can crash at every step: before a post,
 * between a post and its acknowledgement, before and after what was posted is stored.
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import type { ChatPort } from "../../../src/bots/shared/ChatPort.ts"
import { show } from "../../../src/bots/shared/Delivery.ts"
import * as Notice from "../../../src/bots/shared/Notice.ts"
import { Item, Posted } from "../../../src/bots/shared/Posted.ts"
import * as TurnView from "../../../src/bots/shared/TurnView.ts"
import { BranchName, SessionId } from "../../../src/domain/Ids.ts"
import { Session } from "../../../src/domain/Session.ts"
import * as Usage from "../../../src/domain/Usage.ts"

const now = DateTime.unsafeMake(0)

export const session = new Session({
  id: SessionId.make("0123456789ab"),
  repo: "acme/app",
  prompt: "fix it",
  status: "running",
  phase: "coding",
  branch: BranchName.make("opentl/fix-it"),
  base: null,
  agent: "opentl",
  model: null,
  turn: 1,
  reviewRounds: 0,
  usage: Usage.none,
  requestedBy: { name: "ada", via: "slack" },
  createdAt: now,
  updatedAt: now,
  lastEventId: 1
})

export interface Note {
  readonly id: string
  readonly kind: string
  text: string
  hasButtons: boolean
}

const nameOf = Item.$match({
  Opening: () => "opening",
  Status: () => "status",
  Plan: ({ part, proposal }) => `plan ${proposal}.${part}`,
  Notice: ({ notice }) => `notice ${notice}`,
  Card: ({ part }) => `card ${part}`,
  File: ({ kind }) => kind
})

type Content = Pick<Note, "text" | "hasButtons">

const readPosted = Schema.decodeUnknownSync(Schema.parseJson(Posted))
const writePosted = Schema.encodeSync(Schema.parseJson(Posted))

/** A board on which a turn is shown, and what a server stored of it. */
export class Board {
  readonly notes: Array<Note> = []
  reaction: string | undefined
  stored: string | undefined
  edits = 0
  private steps = 0
  private crashAt = Infinity

  private readonly canFind: boolean

  constructor(canFind: boolean) {
    this.canFind = canFind
  }

  /** The process ends here, where the test says so. */
  private readonly step = Effect.suspend(() => {
    this.steps++
    return this.steps === this.crashAt ? Effect.dieMessage("crash") : Effect.void
  })

  private readonly add = (kind: string, content: Content) =>
    this.step.pipe(
      Effect.zipRight(Effect.sync(() => {
        const id = `${this.notes.length + 1}`
        this.notes.push({ id, kind, ...content })
        return id
      })),
      Effect.zipLeft(this.step)
    )

  get port(): ChatPort<{}, {}, Content> {
    const { add, notes } = this
    const find = (item: Item) => Option.fromNullable(notes.find(({ kind }) => kind === nameOf(item))?.id)
    return {
      platform: "slack",
      target: Schema.Struct({}),
      files: ["log"],
      editsLast: false,
      renderer: {
        opening: () => Option.some({ text: "a task", hasButtons: false }),
        status: ({ view }, { isContinued, isNoticeInDoubt }) => ({
          content: {
            text: `${view.phase}${isContinued ? ", continued" : ""}${isNoticeInDoubt ? ", asks here" : ""}`,
            hasButtons: view.end === undefined
          },
          state: view.phase
        }),
        plan: ({ view }, proposal) =>
          ["one", "two"].map((part, index) => ({
            text: `plan ${proposal}, part ${part}`,
            hasButtons: index === 1 && view.waiting && proposal === view.proposals
          })),
        notice: (_, { settled = "waits" }) => ({ text: settled, hasButtons: settled === "waits" }),
        card: ({ view }) => [{ text: view.end?.text ?? "", hasButtons: true }],
        reaction: ({ end }) => end?.end
      },
      post: (_, item, content) => add(nameOf(item), content),
      upload: (_, kind, { content }) => Effect.asSome(add(kind, { text: content, hasButtons: false })),
      ...(this.canFind ? { find: (_: unknown, item: Item) => Effect.succeed(find(item)) } : {}),
      edit: (_, id, content) =>
        Effect.as(
          Effect.zipRight(
            this.step,
            Effect.sync(() => {
              this.edits++
              Object.assign(notes.find((note) => note.id === id) ?? {}, content)
            })
          ),
          "edited" as const
        ),
      closePlan: (_, id) =>
        Effect.zipRight(
          this.step,
          Effect.sync(() => Object.assign(notes.find((note) => note.id === id) ?? {}, { hasButtons: false }))
        ),
      react: (_, reaction) => Effect.sync(() => void (this.reaction = reaction)),
      file: () => Effect.succeedSome({ name: "x.log", content: "hello" }),
      remember: () => this.step
    }
  }

  /** A server shows the turn as it is now; it may crash at a step, and then nothing but what is stored is left. */
  show(view: TurnView.TurnView, crashAt = Infinity) {
    this.steps = 0
    this.crashAt = crashAt
    return Effect.exit(show(this.port, {
      sessionId: session.id,
      target: {},
      view,
      posted: this.stored === undefined ? undefined : readPosted(this.stored),
      now: 0,
      isRefresh: false,
      keep: (posted) =>
        this.step.pipe(
          Effect.zipRight(Effect.sync(() => void (this.stored = writePosted(posted)))),
          Effect.zipRight(this.step)
        )
    })).pipe(Effect.provide(Layer.mock(Sessions, { get: () => Effect.succeed(session) })))
  }

  get kinds(): ReadonlyArray<string> {
    return this.notes.map(({ kind }) => kind)
  }
}

const begun = TurnView.begin(1, 0)

const asked = Notice.Questions.make({ questions: ["Which?"], assumptions: [], until: 0 })
const notices = [{ ...asked, settled: "answered by ada" }]

/** The turn's views, in their order. */
export const views = {
  working: { ...begun, phase: "agent at work" },
  waiting: { ...begun, phase: "waiting", notices: [asked], waiting: true, proposals: 1 },
  waitingAgain: { ...begun, phase: "waiting again", notices, waiting: true, proposals: 2, decisions: ["rejected"] },
  ended: {
    ...begun,
    phase: "complete",
    notices,
    proposals: 2,
    decisions: ["rejected", "approved"],
    endedAt: 9,
    end: { end: "complete", text: "done" }
  }
} satisfies Record<string, TurnView.TurnView>
