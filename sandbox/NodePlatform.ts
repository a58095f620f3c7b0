/**
 * Node's files, paths and commands for the sandbox's programs. `NodeContext` has terminals and workers as well, which none of them
 * uses: to load what those need took 4 ms of each start.
 */
import * as NodeCommandExecutor from "@effect/platform-node/NodeCommandExecutor"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Layer from "effect/Layer"

export const layer = Layer.merge(NodePath.layer, Layer.provideMerge(NodeCommandExecutor.layer, NodeFileSystem.layer))
