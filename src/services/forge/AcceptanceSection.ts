/** What was asked for, point by point: the plan's points as the reviewer ticked them, as a task list. Pure. */
import * as Acceptance from "../../domain/Acceptance.ts"
import { inline } from "./Markdown.ts"

const limits = { point: 120, where: 40 } as const

const placeOf = ({ where = "" }: Acceptance.Tick): string => where.trim() === "" ? "" : inline(where, limits.where)

const item = ({ text, tick }: Acceptance.JudgedPoint): string => {
  const point = inline(text, limits.point)
  if (tick === undefined) return `- [ ] ${point} (not judged)`
  const place = placeOf(tick)
  switch (tick.state) {
    case "done":
      return `- [x] ${point}${place === "" ? "" : ` (${place})`}`
    case "not_done":
      return `- [ ] ${point} (not done${place === "" ? "" : `: ${place}`})`
    case "differently":
      return `- [x] ${point} (done differently${place === "" ? "" : `: ${place}`})`
  }
}

/** The section with its heading; empty for a plan without points. */
export const acceptanceSection = (points: ReadonlyArray<string>, ticks: ReadonlyArray<Acceptance.Tick>): string =>
  points.length === 0
    ? ""
    : `### What was asked\n\n${Acceptance.judged(points.slice(0, Acceptance.maxPoints), ticks).map(item).join("\n")}`
