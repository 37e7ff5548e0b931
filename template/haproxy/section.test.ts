import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasSections, nowhere, parseSections, type Section, sectionText, structureOf } from "./section.ts";
import type { Server } from "./server.ts";

const server: fc.Arbitrary<Server> = fc
	.record({
		name: fc.stringMatching(/^[A-Za-z0-9_.:-]{1,12}$/),
		address: fc.constantFrom("10.0.0.1", "2001:db8::1"),
		port: fc.integer({ min: 1, max: 65_535 }),
		weight: fc.integer({ min: 1, max: 256 }),
		state: fc.constantFrom("ready" as const, "drain" as const, "maint" as const),
	})
	// What a file can say: draining is weight 0, a free slot leads nowhere.
	.map((one) =>
		one.state === "drain" ? { ...one, weight: 0 } : one.state === "maint" ? { ...one, weight: 1, ...nowhere } : one,
	);
const section: fc.Arbitrary<Section> = fc.record({
	backend: fc.stringMatching(/^[A-Za-z0-9_.:-]{1,12}$/),
	slots: fc.integer({ min: 0, max: 40 }),
	options: fc.constantFrom("", "check inter 2s", "cookie {name} check", "check slowstart 10000ms"),
	servers: fc.array(server, { maxLength: 6 }),
});
const file = (sections: readonly Section[]) =>
	`defaults\n\tmode http\n${sections.map((one) => `backend ${one.backend}\n${sectionText(one)}\n`).join("")}`;

describe("server lines in HAProxy's file", () => {
	it("are read as they were written", () => {
		fc.assert(
			fc.property(fc.array(section, { maxLength: 3 }), (sections) => {
				expect(parseSections(file(sections))).toEqual(sections);
			}),
		);
	});

	it("are no part of the structure; what each of them has, and how many slots there are, is", () => {
		fc.assert(
			fc.property(section, fc.array(server, { maxLength: 6 }), (one, servers) => {
				expect(structureOf(file([{ ...one, servers }]))).toBe(structureOf(file([one])));
				expect(structureOf(file([{ ...one, slots: one.slots + 1 }]))).not.toBe(structureOf(file([one])));
				expect(structureOf(file([{ ...one, options: "ssl" }]))).not.toBe(structureOf(file([one])));
				expect(structureOf(`${file([one])}\tserver x 10.0.0.1:80 weight 1\n`)).not.toBe(structureOf(file([one])));
			}),
		);
	});

	it("look like this", () => {
		const servers: Server[] = [
			{ name: "a", address: "10.0.0.1", port: 80, weight: 5, state: "ready" },
			{ name: "b", address: "::1", port: 80, weight: 5, state: "drain" },
			{ name: "api3", address: "10.0.0.9", port: 80, weight: 5, state: "maint" },
		];
		const text = sectionText({ backend: "api", slots: 3, options: "check cookie {name}", servers });
		expect(text).toBe(`	# disco-template: servers of api in 3 slots; each: check cookie {name}
	server a 10.0.0.1:80 weight 5 check cookie a
	server b [::1]:80 weight 0 check cookie b
	server api3 127.0.0.1:1 weight 1 check cookie api3 disabled
	# disco-template: end of api`);
		expect([hasSections(text), hasSections("backend api\n\tserver a 10.0.0.1:80\n")]).toEqual([true, false]);
	});
});
