import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import type { Telling } from "./Telling.ts"
import { planOf, TodoList } from "./TodoList.ts"
import type { Tool, ToolOutput } from "./Tool.ts"

const TodoInput = Schema.Struct({
  items: TodoList.annotations({ description: "The whole list, in order. It takes the place of the one before." })
})

const description =
  "Keeps your to-do list for this task, which the person who asked can see. Use it where the work has " +
  "three or more steps: write the list when you know them, have one item in progress at a time, and mark an item done " +
  "as soon as it is."

/** The to-do list. It is told as the protocol's plan, not as a tool call. */
export const todoTool = (list: Ref.Ref<TodoList>, tell: Telling["tell"]): Tool<
  typeof TodoInput.Type,
  typeof TodoInput.Encoded
> => ({
  name: "todo",
  description,
  input: TodoInput,
  about: () => undefined,
  run: Effect.fn("TodoTool.run")(function*({ items }) {
    yield* Ref.set(list, items)
    yield* tell({ sessionUpdate: "plan", entries: planOf(items) })
    return { text: "The list is kept.", failed: false, shown: [] } satisfies ToolOutput
  })
})
