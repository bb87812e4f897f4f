// An extension with a fault of each kind that the sanitizers must report; built in place of the real one, in the same
// way, to show that they do.
#include <Python.h>

#include <limits.h>
#include <stdlib.h>

// What the optimizer must not see through.
static volatile int zero = 0;

static PyObject *overrun(PyObject *Py_UNUSED(module), PyObject *bytes) {
    Py_ssize_t size = PyBytes_GET_SIZE(bytes) + 1; // with the zero at its end
    return PyLong_FromLong(PyBytes_AS_STRING(bytes)[size + zero]);
}

static PyObject *use_after_free(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused)) {
    char *block = calloc(8, 1);
    if (!block)
        return PyErr_NoMemory();
    free(block + zero);
    return PyLong_FromLong(block[zero]);
}

static PyObject *overflow(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused)) {
    return PyLong_FromLong(INT_MAX + zero + 1);
}

static PyObject *shift(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused)) {
    return PyLong_FromLong(1 << (40 + zero));
}

static PyObject *leak(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused)) {
    char *block = calloc(100, 1);
    return PyBool_FromLong(block != NULL && block[zero] == 1);
}

static PyObject *nothing(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused)) {
    return Py_NewRef(Py_None);
}

static PyMethodDef functions[] = {
    {"overrun", overrun, METH_O, "read behind the end of bytes"},
    {"use_after_free", use_after_free, METH_NOARGS, "read what was freed"},
    {"overflow", overflow, METH_NOARGS, "add one to INT_MAX"},
    {"shift", shift, METH_NOARGS, "shift an int by 40"},
    {"leak", leak, METH_NOARGS, "forget an allocation"},
    {"nothing", nothing, METH_NOARGS, "no fault"},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "platematch._native", .m_methods = functions};

PyMODINIT_FUNC PyInit__native(void) {
    return PyModule_Create(&definition);
}
