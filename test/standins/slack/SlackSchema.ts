/** Checks as in the schemas that Slack holds its blocks against, with its words for what is wrong. */
import * as Predicate from "effect/Predicate"
import { isJsonObject } from "./SlackJson.ts"

/** What is wrong with a value that stands at the pointer. */
export type Check = (value: unknown, pointer: string) => ReadonlyArray<string>

export const problem = (message: string, pointer: string) => [`${message} [json-pointer:${pointer}]`]
export const characters = (text: string) => [...text].length

export const string = (max: number, min = 1): Check => (value, pointer) =>
  !Predicate.isString(value)
    ? problem("must provide a string", pointer)
    : characters(value) > max
    ? problem(`must be less than ${max + 1} characters`, pointer)
    : characters(value) < min
    ? problem(`must be more than ${min - 1} characters`, pointer)
    : []

export const oneOf = (...values: ReadonlyArray<string>): Check => (value, pointer) =>
  Predicate.isString(value) && values.includes(value) ? [] : problem("must be a valid enum value", pointer)

export const boolean: Check = (value, pointer) =>
  Predicate.isBoolean(value) ? [] : problem("must be a boolean", pointer)

export const integer = (min: number, max: number): Check => (value, pointer) =>
  !Predicate.isNumber(value) || !Number.isInteger(value)
    ? problem("must provide an integer", pointer)
    : value < min
    ? problem(`must be greater than ${min}`, pointer)
    : value > max
    ? problem(`must be less than ${max}`, pointer)
    : []

export const url: Check = (value, pointer) => {
  const problems = string(3000)(value, pointer)
  return problems.length > 0 || !Predicate.isString(value) || URL.canParse(value)
    ? problems
    : problem("input must be a valid: uri", pointer)
}

export const array = (items: Check, max: number, min = 1): Check => (value, pointer) =>
  !Array.isArray(value)
    ? problem("must provide an array", pointer)
    : value.length > max
    ? problem(`no more than ${max} items allowed`, pointer)
    : value.length < min
    ? problem(`must provide at least ${min} items`, pointer)
    : value.flatMap((item, index) => items(item, `${pointer}/${index}`))

export interface Fields {
  readonly [name: string]: Check
}

export const object = (required: Fields, optional: Fields = {}): Check => (value, pointer) => {
  if (!isJsonObject(value)) return problem("must provide an object", pointer)
  const known: Fields = { ...optional, ...required }
  return [
    ...Object.keys(required).filter((name) => value[name] === undefined).flatMap((name) =>
      problem(`missing required field: ${name}`, pointer)
    ),
    ...Object.entries(value).flatMap(([name, field]) =>
      known[name] === undefined
        ? problem(`invalid additional property: ${name}`, pointer)
        : field === undefined
        ? []
        : known[name](field, `${pointer}/${name}`)
    )
  ]
}

/** An object told apart by its `type`. */
export const variant = (variants: Fields): Check => (value, pointer) => {
  if (!isJsonObject(value)) return problem("must provide an object", pointer)
  const type = value["type"]
  if (type === undefined) return problem("missing required field: type", pointer)
  const check = variants[String(type)]
  return check === undefined ? problem(`unsupported type: ${String(type)}`, `${pointer}/type`) : check(value, pointer)
}

/** A field that has been looked at already. */
export const type: Check = () => []
/** As where several schemas are tried: the first problem is that none fits. */
export const schemas = (check: Check): Check => (value, pointer) => {
  const problems = check(value, pointer)
  return problems.length === 0 ? [] : [...problem("failed to match all allowed schemas", pointer), ...problems]
}
