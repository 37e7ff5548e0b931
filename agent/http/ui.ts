import { createHash } from "node:crypto";
import type { Encodable } from "../../lib/json/index.ts";
import { json, type Reply } from "./reply.ts";
import type { Route } from "./route.ts";

/** The status page below `/ui/`. */
export function uiRoutes(statusPage: string): readonly Route[] {
	const bytes = new TextEncoder().encode(statusPage);
	const page: Reply = {
		status: 200,
		headers: {
			"Content-Security-Policy": contentSecurityPolicy(statusPage),
			"X-Content-Type-Options": "nosniff",
			"Referrer-Policy": "no-referrer",
			"Cache-Control": "no-cache",
		},
		body: { kind: "bytes", bytes, contentType: "text/html; charset=utf-8" },
	};
	return [{ path: "/ui/", methods: { GET: { permission: "open", handle: () => page } } }];
}

/** What `disco dev` adds to the page. */
export function devRoutes(devStatus: () => unknown): readonly Route[] {
	const handle = () => json(devStatus() as Encodable);
	return [{ path: "/v1/disco/dev", methods: { GET: { permission: "open", handle } } }];
}

/** The page's own script and style, known by their hashes, answers from this agent, and nothing else. */
function contentSecurityPolicy(page: string): string {
	return [
		"default-src 'none'",
		`script-src ${hashes(page, "script")}`,
		`style-src ${hashes(page, "style")}`,
		"connect-src 'self'",
		"img-src data:",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
	].join("; ");
}

function hashes(page: string, element: "script" | "style"): string {
	const contents = [...page.matchAll(new RegExp(`<${element}>([^]*?)</${element}>`, "g"))].map(
		([, content = ""]) => content,
	);
	if (contents.length === 0) return "'none'";
	return contents.map((content) => `'sha256-${createHash("sha256").update(content).digest("base64")}'`).join(" ");
}
