/**
 * How many tokens a call takes, where the provider does not say: before the call, and of a reply that broke off. The
 * estimates before are bounds that hold; those after are likely, and rather too high than too low. Pure.
 */

/** No tokenizer makes more tokens of a text than it has bytes. */
const bytesATokenAtLeast = 1

/** Of prose and code, by the tokenizers that make the most of them. */
const bytesAToken = 3

/** What a provider adds to a request of its own: the frame of the messages, the instructions for tools. */
const addedTokens = 2_000

/** The largest prompt that any model takes. */
const largestPrompt = 2_000_000

/** What stands behind a reference (a stored conversation, a file, an address) has no size that is known here. */
const referencedTokens = 1_000_000

/** What is taken for the output where a request names no limit: the most that current models write. */
export const defaultMaxOutput = 128_000

/** No model that is sold by the token writes faster; hidden reasoning is written, too. */
const tokensASecond = 300

/** The most input tokens that a request of so many bytes can have. */
export const inputAtMost = (bytes: number, hasReferences: boolean): number =>
  Math.min(largestPrompt, bytes / bytesATokenAtLeast + addedTokens + (hasReferences ? referencedTokens : 0))

/** The input tokens that a request of so many bytes is counted with when the reply did not say them. */
export const likelyInput = (bytes: number): number => Math.min(largestPrompt, Math.ceil(bytes / bytesAToken))

/**
 * The output tokens that a reply is counted with that did not say them: what came of it, or where that is less what may
 * have been written in the time it took.
 */
export const likelyOutput = (
  reply: { readonly textBytes: number; readonly seconds: number; readonly maxOutput: number }
): number =>
  Math.max(
    Math.ceil(reply.textBytes / bytesAToken),
    Math.min(reply.maxOutput, Math.ceil(reply.seconds * tokensASecond))
  )
