/**
 * Estimates the tokens of a call if the provider does not report them: before the call, and for a reply that broke off.
 * Estimates before the call are upper bounds; those after it are likely values, too high rather than too low. Pure.
 */

/** No tokenizer produces more tokens than bytes. */
const bytesATokenAtLeast = 1

/** For prose and code, with the tokenizers that produce the most tokens. */
const bytesAToken = 3

/** Tokens that a provider adds to a request: the message frames, the instructions for tools. */
const addedTokens = 2_000

/** The largest prompt that any model accepts, in tokens. */
const largestPrompt = 2_000_000

/** The assumed size of a reference (a stored conversation, a file, a URL), whose real size is unknown here. */
const referencedTokens = 1_000_000

/** The assumed output limit if a request has none: the most that current models write. */
export const defaultMaxOutput = 128_000

/** No model sold by the token writes faster; hidden reasoning counts, too. */
const tokensASecond = 300

/** The most input tokens that a request of this many bytes can have. */
export const inputAtMost = (bytes: number, hasReferences: boolean): number =>
  Math.min(largestPrompt, bytes / bytesATokenAtLeast + addedTokens + (hasReferences ? referencedTokens : 0))

/** The likely input tokens of a request of this many bytes, if the reply did not report them. */
export const likelyInput = (bytes: number): number => Math.min(largestPrompt, Math.ceil(bytes / bytesAToken))

/**
 * The likely output tokens of a reply that did not report them: by what arrived or by the time that it took, whichever
 * is more.
 */
export const likelyOutput = (
  reply: { readonly textBytes: number; readonly seconds: number; readonly maxOutput: number }
): number =>
  Math.max(
    Math.ceil(reply.textBytes / bytesAToken),
    Math.min(reply.maxOutput, Math.ceil(reply.seconds * tokensASecond))
  )
