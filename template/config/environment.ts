import { parseBool } from "../../lib/flags.ts";
import { parseAuth } from "./file-schema.ts";
import type { ConfigLayer, ConsulLayer, SslLayer } from "./layer.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** What the environment says; flags and files win over it (RUNNER.md "Configuration"). */
export function environmentLayer(variables: Variables): ConfigLayer {
	const first = (...names: readonly string[]) => names.map((name) => variables[name]).find((value) => value);
	const set = <Name extends string>(name: Name, value: string | undefined) =>
		value === undefined ? {} : ({ [name]: value } as Record<Name, string>);
	const ssl: SslLayer = {
		...flagOf("enabled", variables["CONSUL_HTTP_SSL"]),
		...flagOf("verify", variables["CONSUL_HTTP_SSL_VERIFY"]),
		...set("caCert", first("CONSUL_CACERT")),
		...set("caPath", first("CONSUL_CAPATH")),
		...set("cert", first("CONSUL_CLIENT_CERT")),
		...set("key", first("CONSUL_CLIENT_KEY")),
		...set("serverName", first("CONSUL_TLS_SERVER_NAME")),
	};
	const auth = first("CONSUL_HTTP_AUTH");
	const consul: ConsulLayer = {
		...set("address", first("CONSUL_HTTP_ADDR")),
		...set("token", first("CONSUL_TOKEN", "CONSUL_HTTP_TOKEN")),
		...set("tokenFile", first("CONSUL_TOKEN_FILE", "CONSUL_HTTP_TOKEN_FILE")),
		...set("namespace", first("CONSUL_NAMESPACE")),
		...(auth === undefined ? {} : { auth: parseAuth(auth) }),
		...(Object.keys(ssl).length === 0 ? {} : { ssl }),
	};
	return {
		...(Object.keys(consul).length === 0 ? {} : { consul }),
		...set("logLevel", first("CT_LOG", "CONSUL_TEMPLATE_LOG", "CONSUL_TEMPLATE_LOG_LEVEL")),
	};
}

function flagOf<Name extends string>(name: Name, text: string | undefined): { readonly [Key in Name]?: boolean } {
	const value = text === undefined ? undefined : parseBool(text);
	return value === undefined ? {} : ({ [name]: value } as { readonly [Key in Name]?: boolean });
}
