package dev.estafet.cluster;

import io.quarkus.runtime.annotations.RegisterForReflection;
import org.jspecify.annotations.Nullable;

/**
 * Something in the cluster that a person should look at.
 *
 * @param name stable for programs
 * @param node where it was found; absent where it concerns all
 * @param detail what was found
 * @param remedy what to do about it
 */
@RegisterForReflection
public record Finding(String name, @Nullable String node, String detail, String remedy) {}
