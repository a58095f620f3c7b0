/**
 * The model calls of the steps themselves, for plans and reviews. As at a sandbox's gateway, each is reserved and stored
 * before it goes out, and its record is removed when its cost is in the log. So calls at the same time spend at most the
 * budget plus one answer, and one that is cut off counts: by a stop at once, by the end of the server when its session is
 * taken up again.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import { remainingUsd } from "../../domain/Budget.ts"
import type { SessionEvent } from "../../domain/SessionEvent.ts"
import type { SessionState } from "../../domain/SessionState.ts"
import type { Usage } from "../../domain/Usage.ts"
import { DayBudget } from "../../services/budget/DayBudget.ts"
import * as Account from "../../services/gateway/Account.ts"
import { type Note, type OpenCall, OpenCalls, type SessionCalls } from "../../services/gateway/OpenCalls.ts"
import * as Settlement from "../../services/gateway/Settlement.ts"
import type { CallAccount } from "../../services/model/CallAccount.ts"
import { LanguageModel, type ModelQuestion } from "../../services/model/LanguageModel.ts"
import type { Attachment } from "../../services/store/SessionStore.ts"
import { type ModelUse, usageRecorded } from "./Budget.ts"
import type { RecordFailure, StepContext } from "./StepContext.ts"

export type AskFailure = Effect.Effect.Error<ReturnType<LanguageModel["Type"]["ask"]>>

/** How a question came out. */
export interface Asked<A> {
  readonly answer: Either.Either<A, AskFailure>
  /**
   * Records what it has cost together with these events, all or none. What is not kept when the scope closes is recorded
   * then.
   */
  readonly keep: (
    events: ReadonlyArray<SessionEvent>,
    attachment?: Attachment
  ) => Effect.Effect<SessionState, RecordFailure>
}

export type Question<A, I> = Omit<ModelQuestion<A, I>, "account" | "remainingUsd">

export interface OwnCalls {
  /** Asks a question, unless nothing is left of a budget. */
  readonly ask: <A, I>(question: Question<A, I>) => Effect.Effect<Asked<A>, RecordFailure, Scope.Scope>
}

/** A call that went out for a question. */
interface Out {
  readonly call: OpenCall
  readonly since: number
  readonly note: Note
}

/** What a question has cost that got no answer. */
const useOf = (error: AskFailure): Option.Option<ModelUse> =>
  error._tag === "UnreadableAnswer"
    ? Option.some(error)
    : error._tag === "LanguageModelError" && error.spent !== undefined
    ? Option.some({ ...error.spent, estimated: true })
    : Option.none()

/** Whether a budget kept it from an answer: with a budget again there may be one. */
export const isForBudget = ({ _tag }: AskFailure): boolean =>
  _tag === "BudgetExhausted" || _tag === "DayBudgetSpent" || _tag === "DayBudgetUnknown"

export const make = Effect.gen(function*() {
  const day = yield* DayBudget
  const model = yield* LanguageModel
  const openCalls = yield* OpenCalls

  /** Counts the calls that nobody could count when they were cut off. */
  const takeOver = ({ claim, record }: StepContext, turn: number, calls: SessionCalls) =>
    Effect.flatMap(record([]), ({ countedCalls }) =>
      calls.takeOver((call, seconds, id) => {
        const use = {
          model: call.model,
          ...Settlement.abandoned(call, seconds),
          ...(id === undefined ? {} : { calls: [id] })
        }
        return Effect.flatMap(
          record([]),
          (state) => record([usageRecorded(state, { turn, source: call.source ?? "agent" }, use)])
        )
      }, countedCalls)).pipe(Effect.zipRight(day.counted(claim.sessionId)))

  /** Counts what was cut off, where no step will that makes calls. */
  const countLeft = (context: StepContext, turn: number): Effect.Effect<void, RecordFailure> =>
    openCalls.open(context.claim.sessionId).pipe(
      Effect.flatMap((calls) => takeOver(context, turn, calls)),
      Effect.scoped
    )

  /** Opens the account of a step's calls for the lifetime of the scope. */
  const open = Effect.fn("OwnCalls.open")(function*(
    context: StepContext,
    at: { readonly turn: number; readonly source: "plan" | "review" }
  ): Effect.fn.Return<OwnCalls, RecordFailure, Scope.Scope> {
    const { claim, record } = context
    const calls = yield* openCalls.open(claim.sessionId)
    yield* takeOver(context, at.turn, calls)
    const account = yield* Account.make(remainingUsd(yield* record([])))
    const one = yield* Effect.makeSemaphore(1)

    /** One after the other, because what is said of a use depends on those before it. */
    const recordUse = (
      use: Option.Option<ModelUse>,
      events: ReadonlyArray<SessionEvent> = [],
      attachment?: Attachment
    ) =>
      Effect.flatMap(record([]), (state) =>
        record(
          [...Option.toArray(Option.map(use, (use) => usageRecorded(state, at, use))), ...events],
          attachment
        )).pipe(one.withPermits(1))

    const ask: OwnCalls["ask"] = Effect.fn("OwnCalls.ask")(function*<A, I>(question: Question<A, I>) {
      const ticket = yield* Ref.make(Option.none<Account.Ticket>())
      const out = yield* Ref.make<ReadonlyArray<Out>>([])

      /** Its cost is in the log: it is under way no longer. */
      const counted = (costUsd: number) =>
        Effect.gen(function*() {
          yield* Effect.forEach(yield* Ref.getAndSet(out, []), ({ note }) => note.forget, { discard: true })
          const held = yield* Ref.getAndSet(ticket, Option.none())
          if (Option.isSome(held)) yield* held.value.settle(costUsd)
        })

      /** Records what it has cost so far, as far as it may have got. */
      const recordCutOff = Effect.gen(function*() {
        const cut = yield* Ref.get(out)
        if (cut.length === 0) return
        const now = yield* Clock.currentTimeMillis
        const uses = cut.map(({ call, note, since }) => ({
          model: call.model,
          calls: [note.id],
          ...Settlement.abandoned(call, (now - since) / 1000)
        }))
        yield* Effect.forEach(uses, (use) => recordUse(Option.some(use)), { discard: true })
        yield* counted(uses.reduce((sum, { usage }) => sum + usage.costUsd, 0))
      }).pipe(Effect.catchTags({
        // the turn is over, so that it never fits
        EventsRefused: (error) => Effect.zipRight(Effect.logDebug(error.message), counted(0)),
        // left to the next owner
        SessionLost: () => Effect.void,
        StoreError: () => Effect.void
      }))

      const paying: CallAccount = {
        isLimited: account.isLimited || Option.isSome(day.account),
        letOut: (atMostUsd) =>
          account.letOut(atMostUsd).pipe(
            Effect.tap((given) => Ref.set(ticket, Option.some(given))),
            Effect.zipRight(Option.match(day.account, {
              onNone: () => Effect.void,
              onSome: ({ letOut }) => letOut(atMostUsd)
            }))
          ),
        begin: (size) =>
          Effect.gen(function*() {
            const call: OpenCall = { ...size, source: at.source }
            const note = yield* calls.note(call)
            const since = yield* Clock.currentTimeMillis
            const index = (yield* Ref.updateAndGet(out, (all) => [...all, { call, note, since }])).length - 1
            return (usage: Usage) =>
              Ref.update(out, (all) => all.map((one, i) => i === index ? { ...one, call: { ...call, usage } } : one))
                .pipe(Effect.zipRight(note.answered(usage)))
          }).pipe(Effect.uninterruptible)
      }
      const left = remainingUsd(yield* record([]))
      // released before the reservations, which last until the cost is in the log
      yield* Effect.addFinalizer(() => recordCutOff)
      const asked = yield* Effect.either(model.ask({ ...question, remainingUsd: left, account: paying }))
      const use = Either.match(asked, {
        onLeft: useOf,
        onRight: ({ model, usage }) => Option.some<ModelUse>({ model, usage })
      })
      const keep: Asked<A>["keep"] = (events, attachment) =>
        Effect.flatMap(Ref.get(out), (out) => {
          const calls = out.map(({ note }) => note.id)
          return recordUse(Option.map(use, (use) => ({ ...use, calls })), events, attachment)
        }).pipe(
          Effect.zipLeft(counted(Option.match(use, { onNone: () => 0, onSome: ({ usage }) => usage.costUsd }))),
          // whether it is in the log must be known
          Effect.uninterruptible
        )
      return { answer: Either.map(asked, ({ value }) => value), keep }
    })

    return { ask }
  })

  return { open, countLeft }
})
