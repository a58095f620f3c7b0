/** What a terminal takes for an order, and does not show: colours, links, titles. Pure. */

const sequences = /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|\u001b(?:\][^\u0007\u001b\n]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g

/** Characters that take no place: without a width, and controls but for those that move or end a line. */
const unseen = /[\u0000-\u0007\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u200b-\u200f\u2060-\u2064\ufeff]/g

const hasSome = /[\u0000-\u0007\u000e-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2060-\u2064\ufeff]/

/** A text as a person sees it. */
export const asSeen = (text: string): string =>
  hasSome.test(text) ? text.replace(sequences, "").replace(unseen, "") : text
