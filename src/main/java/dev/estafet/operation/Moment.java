package dev.estafet.operation;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/**
 * A point in time that the journal keeps and from which time is measured, also by the next life of this service and though
 * somebody sets the clock: on Linux {@link System#nanoTime} is {@code CLOCK_MONOTONIC}, one for all processes since the boot.
 *
 * @param at for people, and for what is left after a boot
 * @param nanos by {@link System#nanoTime}
 * @param boot the kernel's name for its life, {@code /proc/sys/kernel/random/boot_id}
 */
@RegisterForReflection
public record Moment(Instant at, long nanos, String boot) {

    private static final String THIS_BOOT = thisBoot();

    public static Moment now() {
        return new Moment(Instant.now(), System.nanoTime(), THIS_BOOT);
    }

    /** How long ago it was; never negative. */
    public Duration age() {
        return age(now());
    }

    Duration age(Moment now) {
        var passed = boot.equals(now.boot) ? Duration.ofNanos(now.nanos - nanos) : Duration.between(at, now.at);
        return passed.isNegative() ? Duration.ZERO : passed;
    }

    private static String thisBoot() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
        } catch (IOException unknown) {
            return "process " + ProcessHandle.current().pid();
        }
    }
}
