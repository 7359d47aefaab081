package dev.estafet.node;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * Something that a node has noticed of itself and that a person should look at.
 *
 * @param name what sort of thing, stable for programs
 * @param detail what is wrong
 * @param remedy what to do about it
 */
@RegisterForReflection
public record Trouble(String name, String detail, String remedy) {}
