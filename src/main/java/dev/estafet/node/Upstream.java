package dev.estafet.node;

import dev.estafet.postgres.Slot;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * From whom a standby is to stream.
 *
 * @param member name of the node to follow
 * @param slot made for this standby on that node
 */
@RegisterForReflection
public record Upstream(String member, Slot slot) {}
