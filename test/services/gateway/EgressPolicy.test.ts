import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as EgressPolicy from "../../../src/services/gateway/EgressPolicy.ts"

const allowlist = EgressPolicy.make({
  egress: "allowlist",
  egressAllow: ["Example.org", "*.corp.example", "git.example:8443"]
})

const isAllowed = (authority: string, policy = allowlist) => Either.isRight(EgressPolicy.decide(policy, authority))

const reason = (authority: string, policy = allowlist) =>
  Either.match(EgressPolicy.decide(policy, authority), { onLeft: (reason) => reason, onRight: () => "allowed" })

describe("EgressPolicy: names", () => {
  for (
    const authority of [
      "registry.npmjs.org:443",
      "REGISTRY.npmjs.org:443",
      "registry.npmjs.org.:443",
      "files.pythonhosted.org:443",
      "example.org:443",
      "a.corp.example:443",
      "a.b.corp.example:443",
      "git.example:8443"
    ]
  ) {
    it(`lets ${authority} through`, () => assert.strictEqual(reason(authority), "allowed"))
  }

  for (
    const authority of [
      "example.com:443",
      "registry.npmjs.org.example.com:443",
      "xregistry.npmjs.org:443",
      "sub.example.org:443",
      "corp.example:443",
      ".corp.example:443",
      "registry.npmjs.org:80",
      "registry.npmjs.org:22",
      "git.example:443",
      "93.184.216.34:443",
      "[2606:2800:220:1::1]:443",
      "registry.npmjs.org",
      "registry.npmjs.org:0",
      "registry.npmjs.org:99999",
      "registry.npmjs.org:443\r\nx: y",
      "user@registry.npmjs.org:443",
      "[::1:443",
      ""
    ]
  ) {
    it(`refuses ${JSON.stringify(authority)}`, () => assert.isFalse(isAllowed(authority)))
  }

  it("says why", () => {
    assert.include(
      reason("example.com:443"),
      "example.com is not among the allowed domains (add it with OPENTL_EGRESS_ALLOW"
    )
    assert.include(reason("example.org:80"), "only port 443 of example.org is allowed, not 80")
    assert.include(reason("x"), "is not a host and a port")
  })

  it("lets a session through to its own domains, too, and only in this mode", () => {
    const of = (egress: "none" | "allowlist") =>
      EgressPolicy.make({ egress, egressAllow: ["example.org"] }, ["Packages.example.com", "*.own.example:8443"])
    for (const to of ["packages.example.com:443", "a.own.example:8443", "example.org:443", "registry.npmjs.org:443"]) {
      assert.isTrue(isAllowed(to, of("allowlist")))
      assert.isFalse(isAllowed(to, of("none")))
    }
    assert.isFalse(isAllowed("other.example.com:443", of("allowlist")))
  })

  it("none is none, and open is any name and port", () => {
    const of = (egress: "none" | "open") => EgressPolicy.make({ egress, egressAllow: ["example.org"] })
    assert.include(reason("example.org:443", of("none")), "OPENTL_EGRESS=none")
    assert.isTrue(isAllowed("anything.example:8080", of("open")))
    assert.isTrue(isAllowed("[2606:2800:220:1::1]:443", of("open")))
  })
})

describe("EgressPolicy: addresses", () => {
  const octet = FastCheck.nat(255)

  it.prop("a private, loopback or link-local address is not public", [
    FastCheck.oneof(
      FastCheck.tuple(FastCheck.constantFrom(0, 10, 127), octet, octet, octet),
      FastCheck.tuple(FastCheck.constant(192), FastCheck.constant(168), octet, octet),
      FastCheck.tuple(FastCheck.constant(172), FastCheck.integer({ min: 16, max: 31 }), octet, octet),
      FastCheck.tuple(FastCheck.constant(169), FastCheck.constant(254), octet, octet),
      FastCheck.tuple(FastCheck.constant(100), FastCheck.integer({ min: 64, max: 127 }), octet, octet),
      FastCheck.tuple(FastCheck.integer({ min: 224, max: 255 }), octet, octet, octet)
    )
  ], ([octets]) => {
    const address = octets.join(".")
    assert.isFalse(EgressPolicy.isPublicAddress(address))
    assert.isFalse(EgressPolicy.isPublicAddress(`::ffff:${address}`))
    assert.isFalse(EgressPolicy.isPublicAddress(`64:ff9b::${address}`))
  })

  for (
    const address of [
      "::",
      "::1",
      "fe80::1",
      "fe80::1%eth0",
      "fc00::1",
      "fd12:3456::1",
      "ff02::1",
      "2001:db8::1",
      "2001::1",
      "2002:7f00:1::1",
      "2002:a00:1::1",
      "192.0.2.1",
      "198.18.0.1",
      "not an address",
      "1.2.3",
      "0x7f.1",
      "2130706433"
    ]
  ) {
    it(`${address} is not public`, () => assert.isFalse(EgressPolicy.isPublicAddress(address)))
  }

  for (
    const address of [
      "1.1.1.1",
      "93.184.216.34",
      "172.15.0.1",
      "172.32.0.1",
      "100.63.0.1",
      "2606:4700::1111",
      "2a00:1450::1"
    ]
  ) {
    it(`${address} is public`, () => assert.isTrue(EgressPolicy.isPublicAddress(address)))
  }
})
