/** The parts of the Engine API's messages that sandboxes need. */
import * as Schema from "effect/Schema"
import { key, optional, optionalKey } from "../../../domain/Wire.ts"

const Labels = Schema.Record({ key: Schema.String, value: Schema.String })

/** The specification of a container. */
export const ContainerSpec = Schema.Struct({
  image: key("Image", Schema.String),
  command: key("Cmd", Schema.Array(Schema.String)),
  /** `NAME=value` */
  environment: key("Env", Schema.Array(Schema.String)),
  labels: key("Labels", Labels),
  user: key("User", Schema.String),
  workingDirectory: key("WorkingDir", Schema.String),
  /** Whether the engine leaves it with an empty network of its own, and does nothing further for it. */
  networkDisabled: key("NetworkDisabled", Schema.Boolean),
  host: key(
    "HostConfig",
    Schema.Struct({
      memoryBytes: key("Memory", Schema.Int),
      /** Memory plus swap; equal to the memory limit, it permits no swap. */
      memoryAndSwapBytes: key("MemorySwap", Schema.Int),
      nanoCpus: key("NanoCpus", Schema.Int),
      pidsLimit: key("PidsLimit", Schema.Int),
      /** Per process: soft and hard limits, in the units of setrlimit(2). */
      ulimits: key(
        "Ulimits",
        Schema.Array(Schema.Struct({
          name: key("Name", Schema.String),
          soft: key("Soft", Schema.Int),
          hard: key("Hard", Schema.Int)
        }))
      ),
      /** The size of /dev/shm, which counts as memory, too. */
      sharedMemoryBytes: key("ShmSize", Schema.Int),
      addedCapabilities: optionalKey("CapAdd", Schema.Array(Schema.String)),
      droppedCapabilities: key("CapDrop", Schema.Array(Schema.String)),
      securityOptions: key("SecurityOpt", Schema.Array(Schema.String)),
      networkMode: key("NetworkMode", Schema.String),
      /** Runs a small init that reaps orphaned processes. */
      init: key("Init", Schema.Boolean),
      mounts: key(
        "Mounts",
        Schema.Array(Schema.Struct({
          type: key("Type", Schema.Literal("volume", "bind")),
          source: key("Source", Schema.String),
          target: key("Target", Schema.String),
          readOnly: key("ReadOnly", Schema.Boolean)
        }))
      ),
      logging: key(
        "LogConfig",
        Schema.Struct({
          driver: key("Type", Schema.String),
          options: key("Config", Schema.Record({ key: Schema.String, value: Schema.String }))
        })
      ),
      restartPolicy: key("RestartPolicy", Schema.Struct({ name: key("Name", Schema.String) }))
    })
  )
})
export type ContainerSpec = typeof ContainerSpec.Type

export const Created = Schema.Struct({ id: key("Id", Schema.String) })

export const EngineVersion = Schema.Struct({ arch: optionalKey("Arch", Schema.String) })

export const ImageInfo = Schema.Struct({
  id: key("Id", Schema.String),
  config: optionalKey(
    "Config",
    Schema.NullishOr(Schema.Struct({ labels: optionalKey("Labels", Schema.NullishOr(Labels)) }))
  )
})

export const ContainerInfo = Schema.Struct({
  id: key("Id", Schema.String),
  config: optionalKey("Config", Schema.Struct({ labels: key("Labels", Schema.NullishOr(Labels)) })),
  /** The bytes that the container has written outside its volumes; only if requested. */
  layerBytes: optionalKey("SizeRw", Schema.Int),
  /** Where that is on the engine's machine; not every storage of the engine tells it. */
  storage: optionalKey(
    "GraphDriver",
    Schema.Struct({
      data: key("Data", Schema.NullishOr(Schema.Struct({ layerDirectory: optionalKey("UpperDir", Schema.String) })))
    })
  ),
  /** The file of its log on the engine's machine. */
  logFile: optionalKey("LogPath", Schema.String),
  state: key(
    "State",
    Schema.Struct({
      /** Its first process, on the engine's machine; 0 if it does not run. */
      pid: optionalKey("Pid", Schema.Int),
      /** "created", "running", "paused", "restarting", "removing", "exited", "dead" */
      status: key("Status", Schema.String),
      exitCode: key("ExitCode", Schema.Int),
      outOfMemory: key("OOMKilled", Schema.Boolean)
    })
  )
})
export type ContainerInfo = typeof ContainerInfo.Type

export const ContainerSummary = Schema.Struct({
  id: key("Id", Schema.String),
  names: key("Names", Schema.Array(Schema.String)),
  labels: key("Labels", Schema.NullishOr(Labels))
})
export type ContainerSummary = typeof ContainerSummary.Type

export const WaitResult = Schema.Struct({ exitCode: key("StatusCode", Schema.Int) })

export const VolumeSpec = Schema.Struct({
  name: key("Name", Schema.String),
  labels: key("Labels", Labels),
  /** Driver options. */
  options: key("DriverOpts", Schema.Record({ key: Schema.String, value: Schema.String }))
})

export const VolumeInfo = Schema.Struct({ mountpoint: key("Mountpoint", Schema.String) })

export const VolumeSummary = Schema.Struct({
  name: key("Name", Schema.String),
  labels: key("Labels", Schema.NullishOr(Labels))
})
export type VolumeSummary = typeof VolumeSummary.Type
export const VolumeList = Schema.Struct({ volumes: key("Volumes", Schema.NullishOr(Schema.Array(VolumeSummary))) })

/** A program run in a running container. */
export const ExecSpec = Schema.Struct({
  command: key("Cmd", Schema.Array(Schema.String)),
  /** `NAME=value`, on top of the container's own. */
  environment: key("Env", Schema.Array(Schema.String)),
  /** `uid:gid` */
  user: key("User", Schema.String),
  workingDirectory: key("WorkingDir", Schema.String),
  attachStdout: key("AttachStdout", Schema.Boolean)
})
export type ExecSpec = typeof ExecSpec.Type

export const ExecStart = Schema.Struct({ detach: key("Detach", Schema.Boolean), tty: key("Tty", Schema.Boolean) })

/** One line of a build's output. */
export const BuildLine = Schema.Struct({
  text: optionalKey("stream", Schema.String),
  /** The status of a pull; with `progress` it is one of many. */
  status: optional(Schema.String),
  progress: optional(Schema.String),
  error: optional(Schema.String)
})

export const EngineMessage = Schema.Struct({ message: Schema.String })
