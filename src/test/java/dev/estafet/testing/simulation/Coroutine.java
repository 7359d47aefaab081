package dev.estafet.testing.simulation;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * The JDK's own continuation, on which virtual threads are built: runs on the caller's thread until it yields, and can
 * simply be left there. So a crash needs no exception that unwinds the code under test: what was not resumed is gone, as
 * after a {@code kill -9}, without a {@code finally}. Needs {@code --add-exports java.base/jdk.internal.vm=ALL-UNNAMED}.
 */
final class Coroutine {

    private static final Object SCOPE;
    private static final MethodHandle NEW;
    private static final MethodHandle RUN;
    private static final MethodHandle YIELD;
    private static final MethodHandle IS_DONE;

    static {
        try {
            var lookup = MethodHandles.lookup();
            var type = Class.forName("jdk.internal.vm.Continuation");
            var scope = Class.forName("jdk.internal.vm.ContinuationScope");
            SCOPE = scope.getConstructor(String.class).newInstance("simulation");
            NEW = lookup.findConstructor(type, MethodType.methodType(void.class, scope, Runnable.class))
                    .bindTo(SCOPE)
                    .asType(MethodType.methodType(Object.class, Runnable.class));
            RUN = lookup.findVirtual(type, "run", MethodType.methodType(void.class))
                    .asType(MethodType.methodType(void.class, Object.class));
            YIELD = lookup.findStatic(type, "yield", MethodType.methodType(boolean.class, scope))
                    .bindTo(SCOPE);
            IS_DONE = lookup.findVirtual(type, "isDone", MethodType.methodType(boolean.class))
                    .asType(MethodType.methodType(boolean.class, Object.class));
        } catch (ReflectiveOperationException missing) {
            throw new ExceptionInInitializerError(missing);
        }
    }

    private final Object continuation;

    Coroutine(Runnable body) {
        try {
            continuation = (Object) NEW.invokeExact(body);
        } catch (Throwable failure) {
            throw rethrown(failure);
        }
    }

    /** Goes on until it yields or ends; what it throws comes out here. */
    void resume() {
        try {
            RUN.invokeExact(continuation);
        } catch (Throwable failure) {
            throw rethrown(failure);
        }
    }

    boolean isDone() {
        try {
            return (boolean) IS_DONE.invokeExact(continuation);
        } catch (Throwable failure) {
            throw rethrown(failure);
        }
    }

    /** Leaves the one that runs, until somebody resumes it. */
    static void yield() {
        try {
            var resumed = (boolean) YIELD.invokeExact();
            if (!resumed) {
                throw new IllegalStateException("did not yield");
            }
        } catch (Throwable failure) {
            throw rethrown(failure);
        }
    }

    private static RuntimeException rethrown(Throwable failure) {
        if (failure instanceof Error error) {
            throw error;
        }
        if (failure instanceof RuntimeException known) {
            return known;
        }
        return new IllegalStateException(failure);
    }
}
