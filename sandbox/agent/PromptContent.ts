/** A prompt of the protocol as text for the model. Pure. */
import type { ContentBlock } from "@agentclientprotocol/sdk"

const partOf = (block: ContentBlock): string => {
  switch (block.type) {
    case "text":
      return block.text
    case "resource_link":
      return `[${block.name}](${block.uri})`
    case "resource":
      return "text" in block.resource ? `${block.resource.uri}:\n\n${block.resource.text}` : block.resource.uri
    default:
      return `(${block.type}: cannot be read)`
  }
}

export const textOf = (prompt: ReadonlyArray<ContentBlock>): string => prompt.map(partOf).join("\n\n")
