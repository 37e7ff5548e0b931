import { readFileSync } from "node:fs";
import { DiscoError, errorMessage } from "../lib/errors.ts";
import { parseBool } from "../lib/flags.ts";
import type { ClientOptions, ClientTls } from "./options.ts";

/**
 * Reads the variables that the reference's programs know (`CONSUL_HTTP_ADDR`, `_TOKEN`, `_TOKEN_FILE`, `_AUTH`, `_SSL`,
 * `_SSL_VERIFY`, `CONSUL_CACERT`, `_CAPATH`, `_CLIENT_CERT`, `_CLIENT_KEY`, `_TLS_SERVER_NAME`). Each has a `DISCO_` twin, which
 * wins. Empty variables count as absent. A token file wins over a token, as there.
 *
 * Errors: `TOKEN_FILE_UNREADABLE`, `ENVIRONMENT_INVALID`.
 */
export function clientOptionsFromEnvironment(env: Readonly<Record<string, string | undefined>>): ClientOptions {
	const variable = (name: string) => {
		for (const full of [`DISCO_${name}`, `CONSUL_${name}`]) {
			const value = env[full];
			if (value !== undefined && value !== "") return { name: full, value };
		}
		return undefined;
	};
	const text = (name: string) => variable(name)?.value;
	const bool = (name: string) => {
		const found = variable(name);
		return found === undefined ? undefined : requiredBool(found.name, found.value);
	};
	return defined<ClientOptions>({
		address: text("HTTP_ADDR"),
		token: tokenFromFile(variable("HTTP_TOKEN_FILE")) ?? text("HTTP_TOKEN"),
		basicAuth: parseBasicAuth(text("HTTP_AUTH")),
		tlsEnabled: bool("HTTP_SSL"),
		tls: defined<ClientTls>({
			caFile: text("CACERT"),
			caFolder: text("CAPATH"),
			certFile: text("CLIENT_CERT"),
			keyFile: text("CLIENT_KEY"),
			serverName: text("TLS_SERVER_NAME"),
			verify: bool("HTTP_SSL_VERIFY"),
		}),
	});
}

/** `user:password` (or only `user`) as its two parts; undefined stays undefined. */
export function parseBasicAuth(text: string | undefined): ClientOptions["basicAuth"] {
	if (text === undefined) return undefined;
	const colon = text.indexOf(":");
	if (colon < 0) return { username: text, password: "" };
	return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** The token in a file, without the blanks around it. Error: `TOKEN_FILE_UNREADABLE`. */
export function readTokenFile(path: string, what = "token file"): string {
	try {
		return readFileSync(path, "utf8").trim();
	} catch (error) {
		throw new DiscoError(
			"TOKEN_FILE_UNREADABLE",
			`${what} ${path} cannot be read (${errorMessage(error).split(",")[0]}); give a readable file that holds only the token`,
		);
	}
}

function tokenFromFile(file: { readonly name: string; readonly value: string } | undefined): string | undefined {
	return file === undefined ? undefined : readTokenFile(file.value, file.name) || undefined;
}

function requiredBool(name: string, text: string): boolean {
	const value = parseBool(text);
	if (value === undefined) {
		throw new DiscoError("ENVIRONMENT_INVALID", `environment variable ${name}: "${text}" is not true or false`);
	}
	return value;
}

/** Leaves out what is undefined, as exact optional properties want it. */
function defined<T>(fields: { readonly [Name in keyof T]: T[Name] | undefined }): T {
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
