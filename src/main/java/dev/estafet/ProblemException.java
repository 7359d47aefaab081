package dev.estafet;

import dev.estafet.Problem.Kind;
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

    /** The problem that {@code failure} carries, or an {@link Kind#INTERNAL} one for what nobody foresaw. */
    public static Problem of(Throwable failure) {
        if (failure instanceof ProblemException known) {
            return known.problem;
        }
        return new Problem(
                Kind.INTERNAL,
                failure.toString(),
                "This is a defect of Estafet: look into the service's log and report it, please.");
    }
}
