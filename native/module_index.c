// The type Index: what one does with it.
#include "module_index.h"

#include "forms.h"
#include "module_rows.h"

static void index_dealloc(Index *self) {
    PyTypeObject *type = Py_TYPE(self);
    if (self->index)
        index_destroy(self->index);
    PyBuffer_Release(&self->memory);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *build(Index *self, const Py_buffer *codes, const Py_buffer *ids, PyObject *reaches) {
    Py_buffer view;
    Py_ssize_t n = ids->shape[0];
    if (view_reaches(reaches, &view, n) < 0)
        return NULL;
    enum change change;
    Py_BEGIN_ALLOW_THREADS;
    change = index_build(self->index, codes->buf, ids->buf, view.buf, (size_t)n);
    Py_END_ALLOW_THREADS;
    PyBuffer_Release(&view);
    return told(self->index, change, -1);
}

static PyObject *index_build_method(Index *self, PyObject *args) {
    PyObject *codes, *ids, *reaches = Py_None, *result = NULL;
    Py_buffer codes_view, ids_view;
    Py_ssize_t n = -1;
    if (!writable(self) || !PyArg_ParseTuple(args, "OO|O", &codes, &ids, &reaches) ||
        view(codes, &codes_view, "codes", "B", PLATE_SYMBOLS, &n) < 0)
        return NULL;
    if (view(ids, &ids_view, "ids", "I", 1, &n) == 0) {
        result = build(self, &codes_view, &ids_view, reaches);
        PyBuffer_Release(&ids_view);
    }
    PyBuffer_Release(&codes_view);
    return result;
}

static PyObject *index_insert_method(Index *self, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"", "", "errors", "missing_ends", NULL};
    const char *codes;
    Py_ssize_t size;
    PyObject *number;
    unsigned errors = 1, missing_ends = 0;
    uint32_t id;
    struct reach reach;
    if (!writable(self) ||
        !PyArg_ParseTupleAndKeywords(args, kwargs, "y#O|$II", names, &codes, &size, &number, &errors, &missing_ends) ||
        parse_row(size, number, &id) < 0 || parse_reach(errors, missing_ends, &reach) < 0)
        return NULL;
    enum change change;
    Py_BEGIN_ALLOW_THREADS;
    change = index_insert(self->index, (const uint8_t *)codes, id, reach);
    Py_END_ALLOW_THREADS;
    return told(self->index, change, id);
}

static PyObject *index_delete_method(Index *self, PyObject *args) {
    const char *codes;
    Py_ssize_t size;
    PyObject *number;
    uint32_t id;
    if (!writable(self) || !PyArg_ParseTuple(args, "y#O", &codes, &size, &number) || parse_row(size, number, &id) < 0)
        return NULL;
    enum change change;
    Py_BEGIN_ALLOW_THREADS;
    change = index_delete(self->index, (const uint8_t *)codes, id);
    Py_END_ALLOW_THREADS;
    return PyBool_FromLong(change == CHANGED);
}

static PyObject *search(Index *self, const struct reads *reads) {
    struct found found = {0};
    PyObject *result = NULL;
    enum outcome outcome;
    Py_BEGIN_ALLOW_THREADS;
    outcome = index_search(self->index, reads, &found);
    Py_END_ALLOW_THREADS;
    if (outcome == COMPLETE)
        result = found_arrays(&found);
    else if (outcome == NO_MEMORY)
        PyErr_NoMemory();
    else
        PyErr_SetString(PyExc_TimeoutError, "the index is being changed without end, or who changed it has died");
    free(found.reads);
    free(found.ids);
    return result;
}

static PyObject *index_search_method(Index *self, PyObject *const *args, Py_ssize_t n) {
    Py_buffer codes, lengths, errors = {0};
    Py_ssize_t m = -1;
    if (n < 2 || n > 3)
        return PyErr_Format(PyExc_TypeError, "search takes codes, lengths and perhaps errors, not %zd arguments", n);
    if (view(args[0], &codes, "codes", "B", PLATE_SYMBOLS, &m) < 0)
        return NULL;
    PyObject *result = NULL;
    if (view(args[1], &lengths, "lengths", "i", 1, &m) == 0) {
        if (n == 2 || args[2] == Py_None || view(args[2], &errors, "errors", "B", 1, &m) == 0)
            result = search(self, &(struct reads){codes.buf, lengths.buf, errors.buf, (size_t)m});
        PyBuffer_Release(&errors);
        PyBuffer_Release(&lengths);
    }
    PyBuffer_Release(&codes);
    return result;
}

static int index_get_buffer(Index *self, Py_buffer *view, int flags) {
    if (flags & PyBUF_WRITABLE || (flags & PyBUF_STRIDES) != PyBUF_STRIDES) {
        PyErr_SetString(PyExc_BufferError, "the plates of an index are read-only, and not contiguous");
        view->obj = NULL;
        return -1;
    }
    self->shape[0] = (Py_ssize_t)index_rows(self->index);
    self->shape[1] = PLATE_SYMBOLS;
    self->strides[0] = INDEX_STRIDE;
    self->strides[1] = 1;
    *view = (Py_buffer){
        .buf = (void *)(uintptr_t)index_plates(self->index),
        .obj = Py_NewRef(self),
        .len = self->shape[0] * PLATE_SYMBOLS,
        .itemsize = 1,
        .readonly = 1,
        .ndim = 2,
        .format = flags & PyBUF_FORMAT ? "B" : NULL,
        .shape = self->shape,
        .strides = self->strides,
    };
    return 0;
}

static PyObject *index_plates_get(PyObject *self, void *Py_UNUSED(unused)) {
    return PyMemoryView_FromObject(self);
}

static PyObject *index_room_method(Index *self, PyObject *Py_UNUSED(unused)) {
    return PyLong_FromSize_t(index_rows(self->index) - index_size(self->index));
}

static Py_ssize_t index_length(Index *self) {
    return (Py_ssize_t)index_size(self->index);
}

typedef PyObject *method(PyObject *, PyObject *);
#define METHOD(function) ((method *)(void (*)(void))(function))

static PyMethodDef index_methods[] = {
    {"memory_size", index_memory_size_method, METH_O | METH_STATIC, "memory_size(rows): bytes for so many rows"},
    {"attach", METHOD(index_attach_method), METH_O | METH_CLASS, "attach(memory): the index that is there"},
    {"open", METHOD(index_open_method), METH_VARARGS | METH_CLASS, "open(path, fold): the index that was saved"},
    {"save", METHOD(index_save_method), METH_O, "save(path): write all rows to a file"},
    {"build", METHOD(index_build_method), METH_VARARGS, "build(codes, ids, reaches=None): replace all rows"},
    {"insert", METHOD(index_insert_method), METH_VARARGS | METH_KEYWORDS, "insert(codes, id): add a row"},
    {"delete", METHOD(index_delete_method), METH_VARARGS, "delete(codes, id): whether there was such a row"},
    {"search", METHOD(index_search_method), METH_FASTCALL, "search(codes, lengths, errors=None): pairs (reads, ids)"},
    {"room", METHOD(index_room_method), METH_NOARGS, "room(): how many more rows fit"},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef index_attributes[] = {
    {"plates", index_plates_get, NULL, "the codes by id, (rows, 16)", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot index_slots[] = {
    {Py_tp_new, index_new},
    {Py_tp_dealloc, index_dealloc},
    {Py_tp_methods, index_methods},
    {Py_tp_getset, index_attributes},
    {Py_bf_getbuffer, index_get_buffer},
    {Py_sq_length, index_length},
    {Py_tp_doc, "The live index of listed plates."},
    {0, NULL},
};

PyType_Spec index_spec = {
    .name = "platematch._native.Index",
    .basicsize = sizeof(Index),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = index_slots,
};
