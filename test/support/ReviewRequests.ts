/** What a review's questions show, put together from a few words. */
import { CommitId } from "../../src/domain/Ids.ts"
import * as Verification from "../../src/domain/Verification.ts"
import type { ReviewRequest } from "../../src/services/model/ReviewPrompts.ts"

/** A request with nothing but a task, and these fields. */
export const reviewRequest = (fields: Partial<ReviewRequest> = {}): ReviewRequest => ({
  tag: "data-1",
  prompt: "Task",
  firstPrompt: undefined,
  plan: undefined,
  verification: Verification.none(CommitId.make("a".repeat(40))),
  weakened: [],
  stat: "",
  unseen: undefined,
  answer: "",
  earlier: [],
  ...fields
})
