import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { succeed } from "../support/programs.ts";

/**
 * An authority with a server's and a client's certificate for `address`, made with openssl in `folder`: `ca.pem`, `server.pem`,
 * `server-key.pem`, and `cert.pem` with `key.pem` as the docker client wants them.
 */
export async function makeTlsFiles(folder: string, address: string): Promise<void> {
	const openssl = (...args: string[]) => succeed("openssl", args);
	const path = (name: string) => join(folder, name);
	const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
	await openssl(
		"req",
		"-x509",
		...key,
		"-subj",
		"/CN=test",
		"-days",
		"2",
		"-keyout",
		path("ca-key.pem"),
		"-out",
		path("ca.pem"),
	);
	await writeFile(
		path("extensions"),
		`subjectAltName=IP:${address},DNS:localhost,DNS:server.dc1.consul\nextendedKeyUsage=serverAuth,clientAuth\n`,
	);
	for (const [certificate, certificateKey] of [
		["server.pem", "server-key.pem"],
		["cert.pem", "key.pem"],
	] as const) {
		const request = path("request.pem");
		await openssl("req", "-new", ...key, "-subj", "/CN=test", "-keyout", path(certificateKey), "-out", request);
		const authority = ["-CA", path("ca.pem"), "-CAkey", path("ca-key.pem"), "-CAcreateserial"];
		const signed = ["-in", request, "-days", "2", "-extfile", path("extensions"), "-out", path(certificate)];
		await openssl("x509", "-req", ...authority, ...signed);
	}
}
