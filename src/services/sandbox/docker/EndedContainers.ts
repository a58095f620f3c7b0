/**
 * What the engine told of a run's container, kept once it has ended: nothing about it changes any more until it is removed, and
 * each question takes a few milliseconds that a person waits for.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { DockerEngine } from "./DockerEngine.ts"
import type { ContainerInfo } from "./DockerSchema.ts"

/** How many are kept: runs that ended and were not removed yet. */
const most = 64

export const hasEnded = ({ state }: ContainerInfo): boolean => state.status === "exited"

interface Ended {
  readonly info: ContainerInfo
  /** Whether its end was seen here, and its log is known to be whole. */
  readonly wasSeen: boolean
}

export const make = (engine: Pick<Context.Tag.Service<DockerEngine>, "inspectContainer">) => {
  const ended = new Map<string, Ended>()

  const keep = (name: string, container: Ended) =>
    Effect.sync(() => {
      ended.set(name, container)
      for (const oldest of [...ended.keys()].slice(0, -most)) ended.delete(oldest)
    })

  return {
    /** The container of this name, from the engine unless it is known to have ended. */
    inspect: (name: string) =>
      Effect.suspend(() => {
        const known = ended.get(name)
        return known !== undefined
          ? Effect.succeedSome(known.info)
          : Effect.tap(engine.inspectContainer(name), (found) =>
            Option.match(Option.filter(found, hasEnded), {
              onNone: () => Effect.void,
              onSome: (info) => keep(name, { info, wasSeen: false })
            }))
      }),
    /** Keeps an end that was seen before the engine has told it (`RunEnd`). */
    keepSeen: (name: string, info: ContainerInfo) => keep(name, { info, wasSeen: true }),
    wasSeen: (name: string): Effect.Effect<boolean> => Effect.sync(() => ended.get(name)?.wasSeen === true),
    /** Call before a container of this name is removed or made anew. */
    forget: (name: string): Effect.Effect<void> => Effect.sync(() => ended.delete(name))
  } as const
}

export type EndedContainers = ReturnType<typeof make>
