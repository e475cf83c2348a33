/** The part of JSON Schema that the request schemas use. `beta` closes a field or a member of a union to requests without that beta header. */
export interface SchemaNode {
  readonly type?: string;
  readonly const?: string;
  readonly enum?: readonly string[];
  readonly nullable?: boolean;
  readonly ref?: string;
  readonly anyOf?: readonly SchemaNode[];
  readonly items?: SchemaNode;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  /** Present: fields beyond `properties` are allowed. */
  readonly additionalProperties?: SchemaNode;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxLength?: number;
  /** Beginning of a beta name, as `anthropic-beta` carries it. */
  readonly beta?: string;
}

/**
 * Checks one value. Shape: the first problem as the real API words it (`path: Field required`), or undefined.
 * `betas` are the names of the `anthropic-beta` header.
 */
export type Check = (value: unknown, path: string, betas: readonly string[]) => string | undefined;
