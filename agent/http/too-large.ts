/** The reference's text for a body above the limit, with what to do. */
export function tooLargeText(size: number, max: number): string {
	return `Request body(${size} bytes) too large, max size: ${max} bytes. Raise limits.kv_max_value_size if values must be larger.`;
}
