/** How to let a turn go on that a budget has stopped. */
import type { SessionId } from "../domain/Ids.ts"

export const howToAdd = (id: SessionId): string => `the turn waits for a budget: opentl budget ${id} --add <dollars>`
