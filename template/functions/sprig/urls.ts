import { type GoValue, goFunc } from "../../gotmpl/index.ts";
import type { FunctionFamily } from "../context.ts";
import { textMap } from "../values.ts";
import { textValue } from "./convert.ts";

/** URLs taken apart and put together. */
export const sprigUrlFunctions: FunctionFamily = {
	urlParse: goFunc("func(string) (map[string]any, error)", (text: string) => {
		if (/\p{Cc}/u.test(text)) throw unparsable(text, "net/url: invalid control character in URL");
		if (/^[^/?#]*:/.test(text) && !/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text)) {
			throw unparsable(
				text,
				/^:/.test(text) ? "missing protocol scheme" : "first path segment in URL cannot contain colon",
			);
		}
		const parts =
			/^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/(?:([^@/?#]*)@)?([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(text);
		if (parts === null) throw new Error(`unable to parse url: ${JSON.stringify(text)}`);
		const [, scheme = "", userinfo = "", host = "", path = "", query = "", fragment = ""] = parts;
		const opaque = scheme !== "" && !text.includes("//") && !path.startsWith("/");
		return new Map<string, GoValue>([
			["scheme", scheme.toLowerCase()],
			["host", host],
			["hostname", host.replace(/:\d*$/, "").replace(/^\[|\]$/g, "")],
			["path", opaque ? "" : decoded(path)],
			["query", query],
			["opaque", opaque ? path : ""],
			["fragment", decoded(fragment)],
			["userinfo", userinfo],
		]);
	}),
	urlJoin: goFunc("func(map[string]any) (string, error)", (given: ReadonlyMap<string, GoValue>) => {
		const parts = textMap(given) ?? new Map<string, GoValue>();
		const part = (name: string) => textValue(parts.get(name) ?? "");
		const user = part("userinfo") === "" ? "" : `${part("userinfo")}@`;
		const authority = part("host") === "" && user === "" ? "" : `//${user}${part("host")}`;
		const slash = authority !== "" && part("path") !== "" && !part("path").startsWith("/") ? "/" : "";
		return [
			part("scheme") === "" ? "" : `${part("scheme")}:`,
			part("opaque") || `${authority}${slash}${encodeURI(part("path"))}`,
			part("query") === "" ? "" : `?${part("query")}`,
			part("fragment") === "" ? "" : `#${part("fragment")}`,
		].join("");
	}),
};

function unparsable(text: string, reason: string): Error {
	return new Error(`unable to parse url: parse ${JSON.stringify(text)}: ${reason}`);
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		throw new Error(`unable to parse url: invalid URL escape in ${JSON.stringify(text)}`);
	}
}
