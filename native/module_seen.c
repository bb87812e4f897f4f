// The type Seen.
#include "module.h"

#include "seen.h"

enum { GROUP_SIZE = SEEN_GROUP * SEEN_LINE * sizeof(uint64_t) };

typedef struct {
    PyObject_HEAD struct seen seen;
    Py_buffer memory;
} Seen;

static PyObject *seen_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"memory", NULL};
    PyObject *memory;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O", names, &memory))
        return NULL;
    Seen *self = (Seen *)type->tp_alloc(type, 0);
    if (self && view_memory(memory, &self->memory, 1, GROUP_SIZE, NUMBER_ALIGNMENT) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    if (self)
        self->seen = (struct seen){self->memory.buf, (uint64_t)self->memory.len / GROUP_SIZE};
    return (PyObject *)self;
}

static void seen_dealloc(Seen *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyBuffer_Release(&self->memory);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *seen_memory_size(PyObject *Py_UNUSED(type), PyObject *entries) {
    Py_ssize_t number = PyLong_AsSsize_t(entries);
    if (number == -1 && PyErr_Occurred())
        return NULL;
    if (number < 0 || number > (Py_ssize_t)1 << 32)
        return PyErr_Format(PyExc_ValueError, "a set of %zd entries; it can have 0 to 2^32", number);
    return PyLong_FromUnsignedLongLong(seen_groups((uint64_t)number) * GROUP_SIZE);
}

static int parse_digest(PyObject *number, uint64_t *digest) {
    *digest = PyLong_AsUnsignedLongLong(number);
    return *digest == UINT64_MAX && PyErr_Occurred() ? -1 : 0;
}

static PyObject *seen_add_method(Seen *self, PyObject *number) {
    uint64_t digest;
    return parse_digest(number, &digest) < 0 ? NULL : PyBool_FromLong(seen_add(&self->seen, digest));
}

static PyObject *seen_discard_method(Seen *self, PyObject *number) {
    uint64_t digest;
    return parse_digest(number, &digest) < 0 ? NULL : PyBool_FromLong(seen_discard(&self->seen, digest));
}

static int seen_contains(Seen *self, PyObject *number) {
    uint64_t digest;
    return parse_digest(number, &digest) < 0 ? -1 : seen_holds(&self->seen, digest);
}

static PyMethodDef seen_methods[] = {
    {"memory_size", seen_memory_size, METH_O | METH_STATIC, "memory_size(entries): bytes for so many digests"},
    {"add", (PyCFunction)seen_add_method, METH_O, "add(digest): whether it was not there"},
    {"discard", (PyCFunction)seen_discard_method, METH_O, "discard(digest): whether it was there"},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot seen_slots[] = {
    {Py_tp_new, seen_new},
    {Py_tp_dealloc, seen_dealloc},
    {Py_tp_methods, seen_methods},
    {Py_sq_contains, seen_contains},
    {Py_tp_doc, "A bounded set of 64-bit digests in a caller's memory, shared by processes."},
    {0, NULL},
};

PyType_Spec seen_spec = {
    .name = "platematch._native.Seen",
    .basicsize = sizeof(Seen),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = seen_slots,
};
