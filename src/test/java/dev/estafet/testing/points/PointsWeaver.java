package dev.estafet.testing.points;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Puts calls of {@link Points} into the service's classes. */
public final class PointsWeaver {

    private static final ClassLoader LOADER = PointsWeaver.class.getClassLoader();
    private static final ClassDesc POINTS = ClassDesc.of(Points.class.getName());
    private static final ClassDesc PATH = ClassDesc.of("java.nio.file.Path");
    private static final ClassDesc INSTANT = ClassDesc.of("java.time.Instant");
    private static final MethodTypeDesc WRITE =
            MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_String, PATH, ConstantDescs.CD_String);
    private static final MethodTypeDesc DELETE =
            MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_String, PATH);
    private static final MethodTypeDesc BEGUN = MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_Object);
    private static final MethodTypeDesc NOW = MethodTypeDesc.of(INSTANT);

    private PointsWeaver() {}

    /**
     * Puts them into a packaged application, where it lies. Not into the classes as a JVM loads them: one with an agent that
     * does so takes none from an AOT cache, and needs twice as long to start.
     *
     * @param application a copy of {@code target/quarkus-app}
     */
    public static void weave(Path application) {
        try (var jars = Files.list(application.resolve("app"))) {
            for (var jar : jars.toList()) {
                weaveJar(jar);
            }
            weaveJar(application.resolve("quarkus/transformed-bytecode.jar"));
            addPoints(application.resolve("quarkus-run.jar"));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static void weaveJar(Path jar) throws IOException {
        try (var files = FileSystems.newFileSystem(jar);
                var classes = Files.walk(files.getPath("/dev/estafet"))) {
            for (var file :
                    classes.filter(it -> it.toString().endsWith(".class")).toList()) {
                Files.write(file, transformed(file.toString(), Files.readAllBytes(file)));
            }
        }
    }

    /** Where every class of the application finds it: in the jar of the loader above theirs. */
    private static void addPoints(Path jar) throws IOException {
        var name = Points.class.getName().replace('.', '/') + ".class";
        try (var files = FileSystems.newFileSystem(jar);
                var bytes = Objects.requireNonNull(LOADER.getResourceAsStream(name))) {
            var file = files.getPath(name);
            Files.createDirectories(file.getParent());
            Files.copy(bytes, file);
        }
    }

    private static byte[] transformed(String file, byte[] bytes) {
        var classFile = ClassFile.of(ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofResourceParsing(LOADER)));
        var transforms = new ArrayList<>(List.of(ClassTransform.transformingMethodBodies(otherClock())));
        if (file.endsWith("/DurableFile.class")) {
            transforms.add(around("write", 3, PointsWeaver::callWrite));
            transforms.add(around("overwrite", 2, PointsWeaver::callWrite));
            transforms.add(around("delete", 1, PointsWeaver::callDelete));
        }
        if (file.endsWith("/operation/Runner.class")) {
            transforms.add(ClassTransform.transformingMethodBodies(
                    it -> it.methodName().equalsString("perform"), PointsWeaver::afterBegin));
        }
        var transformed = bytes;
        for (var transform : transforms) {
            transformed = classFile.transformClass(classFile.parse(transformed), transform);
        }
        return transformed;
    }

    /** Puts a call on one side of a method's body. */
    @FunctionalInterface
    private interface Call {
        void at(String side, CodeBuilder code);
    }

    private static ClassTransform around(String method, int parameters, Call call) {
        return ClassTransform.transformingMethodBodies(
                it -> it.methodName().equalsString(method)
                        && it.methodTypeSymbol().parameterCount() == parameters,
                CodeTransform.ofStateful(() -> new Around(call)));
    }

    private static final class Around implements CodeTransform {

        private final Call call;

        Around(Call call) {
            this.call = call;
        }

        @Override
        public void atStart(CodeBuilder code) {
            call.at("before", code);
        }

        @Override
        public void accept(CodeBuilder code, CodeElement element) {
            if (element instanceof ReturnInstruction) {
                call.at("after", code);
            }
            code.with(element);
        }
    }

    private static void callWrite(String side, CodeBuilder code) {
        code.loadConstant(side).aload(0).aload(1).invokestatic(POINTS, "write", WRITE);
    }

    private static void callDelete(String side, CodeBuilder code) {
        code.loadConstant(side).aload(0).invokestatic(POINTS, "delete", DELETE);
    }

    /** Between a phase's begin, which holds a lock, and its action; the phase is the method's second parameter. */
    private static void afterBegin(CodeBuilder code, CodeElement element) {
        code.with(element);
        if (element instanceof InvokeInstruction call && call.name().equalsString("begin")) {
            code.aload(2).invokestatic(POINTS, "begun", BEGUN);
        }
    }

    private static CodeTransform otherClock() {
        return (code, element) -> {
            if (element instanceof InvokeInstruction call
                    && call.owner().asSymbol().equals(INSTANT)
                    && call.name().equalsString("now")) {
                code.invokestatic(POINTS, "now", NOW);
            } else {
                code.with(element);
            }
        };
    }
}
