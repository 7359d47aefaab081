package dev.estafet.testing.simulation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.AccessFlags;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassElement;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.MonitorInstruction;
import java.lang.classfile.instruction.NewObjectInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.Map;
import java.util.Set;

/**
 * Loads the production classes once more, with what they ask of the JDK's static methods and of a few tools (time, files,
 * processes, threads, locks, REST clients) led to {@link Woven}. Nothing in them knows of it, so what is simulated is the
 * code that ships, not a copy. A call that is led there and that {@code Woven} lacks fails loudly.
 */
final class Weaver extends ClassLoader {

    private static final String OURS = "dev.estafet.";
    private static final String SIMULATION = "dev.estafet.testing.";
    private static final ClassDesc WOVEN = ClassDesc.of("dev.estafet.testing.simulation.Woven");
    private static final ClassDesc FILES = ClassDesc.of("dev.estafet.testing.simulation.WovenFiles");
    private static final ClassDesc LOCK = ClassDesc.of("dev.estafet.testing.simulation.Woven$Lock");
    private static final String REENTRANT_LOCK = "java/util/concurrent/locks/ReentrantLock";
    private static final MethodTypeDesc TAKES_OBJECT =
            MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_Object);
    private static final Set<String> SHARED =
            Set.of("dev.estafet.testing.simulation.Simulator", "dev.estafet.testing.simulation.Simulator$Report");

    /** Whole classes whose static methods are simulated. */
    private static final Map<String, ClassDesc> CLASSES = Map.of("java/nio/file/Files", FILES);

    /** Single methods; of an instance method, the instance becomes the first parameter. */
    private static final Set<String> METHODS = Set.of(
            "java/lang/System.nanoTime",
            "java/time/Instant.now",
            "java/util/concurrent/locks/LockSupport.parkNanos",
            "java/util/concurrent/Executors.newVirtualThreadPerTaskExecutor",
            "java/lang/Thread$Builder$OfPlatform.start",
            "java/lang/Thread$Builder$OfVirtual.start",
            "java/lang/ProcessHandle.of",
            "java/nio/channels/FileChannel.open",
            "java/io/File.getUsableSpace",
            "java/security/SecureRandom.nextInt",
            "java/util/Map.of",
            "dev/estafet/JsonStyle.lenient",
            "dev/estafet/cluster/PeerClient.of",
            "dev/estafet/postgres/Tool.run",
            "dev/estafet/postgres/LocalConnections.whyNoReplicationLogin",
            "dev/estafet/postgres/PgWalDump.endOfWal",
            "dev/estafet/postgres/PgRewind.hasRestoreCommand",
            "dev/estafet/node/Following.letMembersIn");

    /** Types that only their own package sees. */
    private static final Set<String> HIDDEN = Set.of("Demotion", "Journal", "PeerClient$Credentials");

    private final Mutation mutation;

    private Weaver(Mutation mutation) {
        super(Weaver.class.getClassLoader());
        this.mutation = mutation;
    }

    /** A simulator of the production code, or of one that breaks a rule. */
    static Simulator simulator(Mutation mutation) {
        try {
            return (Simulator) new Weaver(mutation)
                    .loadClass("dev.estafet.testing.simulation.Schedules")
                    .getConstructor(String.class)
                    .newInstance(mutation.name());
        } catch (ReflectiveOperationException failure) {
            throw new IllegalStateException(failure);
        }
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith(OURS) || SHARED.contains(name)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            var known = findLoadedClass(name);
            return known != null ? known : define(name);
        }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        try (var stream = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (stream == null) {
                throw new ClassNotFoundException(name);
            }
            var original = stream.readAllBytes();
            var woven = name.startsWith(SIMULATION) ? original : weave(original);
            return defineClass(name, woven, 0, woven.length);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private byte[] weave(byte[] original) {
        var file = ClassFile.of();
        var model = file.parse(original);
        var isProblem = model.thisClass().asInternalName().equals("dev/estafet/ProblemException");
        return file.transformClass(model, new ClassTransform() {
            @Override
            public void accept(ClassBuilder builder, ClassElement element) {
                if (element instanceof MethodModel method) {
                    weave(builder, model.thisClass().asSymbol(), method);
                } else {
                    builder.with(element);
                }
            }

            @Override
            public void atEnd(ClassBuilder builder) {
                if (isProblem) {
                    withoutStackTrace(builder);
                }
            }
        });
    }

    /** What is raised a hundred times a schedule, and never printed, need not know where. */
    private static void withoutStackTrace(ClassBuilder builder) {
        builder.withMethodBody(
                "fillInStackTrace",
                MethodTypeDesc.of(ConstantDescs.CD_Throwable),
                ClassFile.ACC_PUBLIC,
                code -> code.aload(0).areturn());
    }

    private void weave(ClassBuilder builder, ClassDesc owner, MethodModel method) {
        var calls = new Calls(owner, method.methodName().stringValue());
        if (!method.flags().has(java.lang.reflect.AccessFlag.SYNCHRONIZED)) {
            builder.transformMethod(method, MethodTransform.transformingCode(calls));
            return;
        }
        var flags = method.flags().flagsMask() & ~ClassFile.ACC_SYNCHRONIZED;
        var unlocked = method.methodName().stringValue() + "$unlocked";
        builder.withMethod(
                unlocked,
                method.methodTypeSymbol(),
                flags,
                it -> it.transformCode(method.code().orElseThrow(), calls));
        builder.withMethod(method.methodName().stringValue(), method.methodTypeSymbol(), flags, it -> {
            method.elementStream()
                    .filter(element -> !(element instanceof CodeModel) && !(element instanceof AccessFlags))
                    .forEach(it::with);
            it.withCode(code -> locked(code, owner, unlocked, method.methodTypeSymbol()));
        });
    }

    /** The JDK's monitors belong to its own threads, of which all simulated ones share one. */
    private static void locked(CodeBuilder code, ClassDesc owner, String unlocked, MethodTypeDesc type) {
        code.aload(0).invokestatic(WOVEN, "enter", TAKES_OBJECT);
        code.trying(
                body -> {
                    body.aload(0);
                    for (int i = 0; i < type.parameterCount(); i++) {
                        body.loadLocal(TypeKind.from(type.parameterType(i)), body.parameterSlot(i));
                    }
                    body.invokevirtual(owner, unlocked, type);
                    body.aload(0).invokestatic(WOVEN, "exit", TAKES_OBJECT);
                    body.return_(TypeKind.from(type.returnType()));
                },
                handlers -> handlers.catchingAll(handler -> {
                    var failure = handler.allocateLocal(TypeKind.REFERENCE);
                    handler.astore(failure);
                    handler.aload(0).invokestatic(WOVEN, "exit", TAKES_OBJECT);
                    handler.aload(failure).athrow();
                }));
    }

    /** Leads the calls of a method. */
    private final class Calls implements CodeTransform {

        private final ClassDesc owner;
        private final String method;

        Calls(ClassDesc owner, String method) {
            this.owner = owner;
            this.method = method;
        }

        @Override
        public void accept(CodeBuilder code, CodeElement element) {
            switch (element) {
                case InvokeInstruction call -> lead(code, call);
                case MonitorInstruction monitor ->
                    code.invokestatic(WOVEN, monitor.opcode() == Opcode.MONITORENTER ? "enter" : "exit", TAKES_OBJECT);
                case NewObjectInstruction made
                when made.className().asInternalName().equals(REENTRANT_LOCK) -> code.new_(LOCK);
                default -> code.with(element);
            }
        }

        private void lead(CodeBuilder code, InvokeInstruction call) {
            var target = call.owner().asInternalName();
            var name = call.name().stringValue();
            if (mutation.isLed(owner.displayName(), method, name)) {
                static_(code, call, WOVEN, "mutated" + Character.toUpperCase(name.charAt(0)) + name.substring(1));
            } else if (CLASSES.containsKey(target)) {
                static_(code, call, CLASSES.get(target), name);
            } else if (METHODS.contains(target + "." + name)) {
                static_(code, call, WOVEN, name);
            } else if (target.equals(REENTRANT_LOCK) && call.opcode() == Opcode.INVOKESPECIAL) {
                code.invokespecial(LOCK, name, call.typeSymbol());
            } else {
                code.with(call);
            }
        }

        private static void static_(CodeBuilder code, InvokeInstruction call, ClassDesc to, String name) {
            var type = call.opcode() == Opcode.INVOKESTATIC
                    ? call.typeSymbol()
                    : call.typeSymbol().insertParameterTypes(0, call.owner().asSymbol());
            for (int i = 0; i < type.parameterCount(); i++) {
                if (HIDDEN.contains(type.parameterType(i).displayName())) {
                    type = type.changeParameterType(i, ConstantDescs.CD_Object);
                }
            }
            code.invokestatic(to, name, type);
        }
    }
}
