package dev.estafet.postgres;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * What was met at the address of a server whose service says nothing.
 *
 * @param answers whether anything did, be it to refuse
 * @param isStandby whether it said that it is in recovery
 * @param detail what it said, or why nothing could be heard
 */
@RegisterForReflection
public record Sighting(boolean answers, boolean isStandby, String detail) {

    /** Whether this may be a primary at work, or one about to be. */
    public boolean mayBePrimary() {
        return answers && !isStandby;
    }
}
