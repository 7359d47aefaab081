package dev.estafet;

import dev.estafet.Problem.Kind;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import org.jspecify.annotations.Nullable;

/** Carries a {@link Problem} to where it is handled: the operation that ends with it, or the API that answers it. */
public final class ProblemException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient Problem problem;

    ProblemException(Problem problem, @Nullable Throwable cause) {
        super(problem.detail(), cause);
        this.problem = problem;
    }

    public Problem problem() {
        return problem;
    }

    private static String because(@Nullable Throwable cause) {
        return ": "
                + (cause instanceof FileSystemException file && file.getReason() != null ? file.getReason() : cause);
    }

    /** The problem that {@code failure} carries, one of kind {@link Kind#STORAGE_FAILED} for a disk that failed, or
     * {@link Kind#INTERNAL} for what nobody foresaw. */
    public static Problem of(Throwable failure) {
        if (failure instanceof ProblemException known) {
            return known.problem;
        }
        if (failure instanceof UncheckedIOException storage) {
            return new Problem(
                    Kind.STORAGE_FAILED,
                    storage.getMessage() + because(storage.getCause()),
                    "Look at the disk: its space, its health, and who may write there.");
        }
        return new Problem(
                Kind.INTERNAL,
                failure.toString(),
                "This is a defect of Estafet: look into the service's log and report it, please.");
    }
}
